// The note beside what somebody does: what our server says to it, or that it did not get there.
import { cardOf, formOf, noteOf } from "./cards.js";

const noteFor = (element) => noteOf(formOf(element) ?? cardOf(element) ?? element);

export function quiet(element) {
  const note = noteFor(element);
  if (note && !note.matches(".is-standing")) note.textContent = "";
}

// Our own refusals say where they are to be shown. Any other reply, a proxy's say, has no place on the page.
function keepOut(event) {
  const { xhr } = event.detail;
  if (xhr.status < 400 || xhr.getResponseHeader("HX-Retarget")) return;
  event.detail.shouldSwap = false;
  event.detail.isError = true;
}

function tell(event) {
  const note = noteFor(event.target);
  if (note) note.textContent = saidIn(event.detail.xhr) ?? unsent(event.target);
}

const saidIn = (xhr) => (xhr.getResponseHeader("Holdline-Says") ? xhr.responseText : null);

function unsent(form) {
  return formOf(form) ? "That did not arrive. Your words are still here: try again." : "That did not arrive. Try again.";
}

export function tellFailures() {
  document.addEventListener("htmx:beforeSwap", keepOut);
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) document.addEventListener(name, tell);
}
