// Asks for access to a protected code or link. Whoever has the password gets a cookie, and the page
// is loaded again: with the cookie it is a redirect.

import { inWords, post } from "./post.js";

const form = document.querySelector("#access");
const password = form.querySelector("#password");
const button = form.querySelector("button");
const trouble = document.querySelector("#trouble");
const words = JSON.parse(form.dataset.words);

function complain(sentence) {
  trouble.textContent = sentence;
  password.removeAttribute("aria-invalid");
}

function blame(sentence) {
  complain(sentence);
  password.setAttribute("aria-invalid", "true");
  password.focus();
  password.select();
}

function busy(yes) {
  button.setAttribute("aria-disabled", String(yes));
  button.textContent = yes ? words.busy : words.open;
}

function refuse(fault) {
  const sentence = inWords(fault, words);
  if (sentence) complain(sentence);
  // 400 is a password that none can be; 404 is an asset that was let go meanwhile.
  else if ([400, 403].includes(fault.answer.status)) blame(words.wrong);
  else location.reload();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (button.getAttribute("aria-disabled") === "true") return;
  if (!password.value) return blame(words.empty);
  complain("");
  busy(true);
  const { type, id } = form.dataset;
  try {
    await post("/api/public/access", { type, id, password: password.value });
    location.reload();
  } catch (fault) {
    busy(false);
    refuse(fault);
  }
});

// Without this script the password would go nowhere.
button.disabled = false;
password.focus();
