// Accepts an invitation, once its button is pressed: sends the token of the link, and the name.
// The token and what is said are in the form's data- attributes.

import { inWords, post } from "./post.js";

const form = document.querySelector("#join");
const name = form.querySelector("#name");
const button = form.querySelector("button");
const trouble = document.querySelector("#trouble");
const words = JSON.parse(form.dataset.words);

// The token does not stay where it is read over a shoulder, bookmarked or shared.
history.replaceState(null, "", location.pathname);

function complain(sentence, aboutName) {
  trouble.textContent = sentence;
  name.toggleAttribute("aria-invalid", false);
  if (aboutName) {
    name.setAttribute("aria-invalid", "true");
    name.focus();
  }
}

function busy(yes) {
  button.setAttribute("aria-disabled", String(yes));
  button.textContent = yes ? words.busy : words.join;
}

/** There is nothing more to ask; `onward` is where to go from here. */
function end(sentence, onward) {
  const told = document.querySelector("#told");
  told.textContent = sentence;
  document.querySelector("#ask").hidden = true;
  document.querySelector(onward).hidden = false;
  told.focus();
}

function welcome({ business }) {
  document.querySelector("h1").textContent = words.joined;
  document.title = document.title.replace(words.title, () => words.joined);
  end(words.welcome.replace("{organization}", () => business.name), "#home");
}

function refuse(fault) {
  const sentence = inWords(fault, words);
  if (sentence) complain(sentence, false);
  else if (fault.body.errors?.name) complain(words.wrong_name, true);
  else if ([410, 422].includes(fault.answer.status)) end(words.spent, "#member");
  else complain(words.away, false);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (button.getAttribute("aria-disabled") === "true") return;
  name.value = name.value.trim();
  complain("", false);
  busy(true);
  try {
    const known = name.value ? { name: name.value } : {};
    const asked = { token: form.dataset.token, ...known };
    welcome(await (await post("/api/team-invites/accept", asked)).json());
  } catch (fault) {
    refuse(fault);
  } finally {
    busy(false);
  }
});

// Without this script the form would go nowhere, and take the token out of the address with it.
button.disabled = false;
