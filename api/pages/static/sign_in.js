// Asks for a sign-in link: solves the captcha, takes it for a token, sends the address with it.
// What is said and where to go afterwards is in the form's data- attributes.

import { inWords, post } from "./post.js";

const form = document.querySelector("#sign-in");
const mail = form.querySelector("#email");
const button = form.querySelector("button[type=submit]");
const widget = form.querySelector("altcha-widget");
const trouble = document.querySelector("#trouble");
const sent = document.querySelector("#sent");
const words = JSON.parse(form.dataset.words);
const language = document.documentElement.lang;

let refusedChallenge = null;

globalThis.$altcha.algorithms.set("PBKDF2/SHA-256", () => new Worker(form.dataset.worker));
globalThis.$altcha.i18n.set(language, { ...globalThis.$altcha.i18n.get("en"), ...words });
globalThis.$altcha.defaults.set({
  fetch: async (address) => {
    refusedChallenge = null;
    try {
      return await post(address);
    } catch (fault) {
      refusedChallenge = fault;
      throw fault;
    }
  },
});

async function solved() {
  if (widget.getState() === "verified") return form.elements.altcha.value;
  const result = await widget.verify({ minDuration: 0 });
  if (!result?.payload) throw refusedChallenge ?? new Error("not solved");
  return result.payload;
}

async function ask() {
  const payload = await solved();
  const { token } = await (await post("/api/public/rcaptcha/verify", { payload })).json();
  await post("/api/auth/email", { email: mail.value, captcha: token, next: form.dataset.next });
}

function explain(fault) {
  const sentence = inWords(fault, words);
  if (sentence) return sentence;
  const { answer, body } = fault;
  if (body.email ?? body.fields?.email) return words.wrong_address;
  if (answer.status === 400) return words.wrong_captcha;
  return body.error ?? body.detail ?? words.away;
}

function complain(sentence, aboutAddress) {
  trouble.textContent = sentence;
  mail.toggleAttribute("aria-invalid", false);
  if (aboutAddress) {
    mail.setAttribute("aria-invalid", "true");
    mail.focus();
  }
}

function busy(yes) {
  button.setAttribute("aria-disabled", String(yes));
  button.textContent = yes ? words.busy : words.send;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (button.getAttribute("aria-disabled") === "true") return;
  mail.value = mail.value.trim();
  if (!mail.validity.valid) {
    complain(words.wrong_address, true);
    return;
  }
  complain("", false);
  busy(true);
  try {
    await ask();
    sent.textContent = words.sent.replace("{email}", () => mail.value);
    document.querySelector("#ask").hidden = true;
    document.querySelector("#again").hidden = false;
    sent.focus();
  } catch (fault) {
    const sentence = explain(fault);
    complain(sentence, sentence === words.wrong_address);
    widget.reset();
  } finally {
    busy(false);
  }
});
