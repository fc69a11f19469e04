// Opens an app by its own address. Nothing tells whether there is such an app, but when one opens,
// this page is hidden; while it is still seen after a moment, it goes on to the fallback.

const PATIENCE = 1500;

const app = document.querySelector("#app").href;
const fallback = document.querySelector("#fallback").href;

const waiting = setTimeout(() => {
  if (document.visibilityState === "visible") location.replace(fallback);
}, PATIENCE);

const stay = () => clearTimeout(waiting);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") stay();
});
addEventListener("pagehide", stay);

location.href = app;
