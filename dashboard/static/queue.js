// The live queue in the browser: what the stream brings is morphed into the page by htmx and idiomorph; this file adds
// what a server cannot do. It works on whatever cards there are, so nothing has to be set up again after a morph.
import {
  answerBoxOf, boxOf, cardOf, cards, correctionBoxOf, formOf, isBeingWritten, isForMe, isTouched, meant, nextToAnswer, noteOf,
} from "./cards.js";
import { keepTime, tick } from "./clocks.js";
import { forget, keepDrafts, restore } from "./drafts.js";
import { followLine } from "./lamp.js";
import { quiet, tellFailures } from "./notes.js";
import { followSwitch, lookForMe, stillLooking } from "./presence.js";
import { preview } from "./preview.js";
import { chime, soundSwitch } from "./sound.js";
import { suggest } from "./suggestions.js";

const RELOAD_AFTER_MS = 4000;
const RENEW_CLAIM_MS = 45000;

const board = document.getElementById("board");
const announcer = document.getElementById("announcer");
const title = document.title;
let known = new Set();
let lastBoardAt = Date.now();
let lastRenewalAt = 0;

// --- what a morph must leave alone -----------------------------------------------------------------------------

Idiomorph.defaults.callbacks.beforeNodeMorphed = (old, fresh) => {
  if (!(old instanceof Element)) return true;
  if (old.matches("textarea[data-draft]:not([data-from])")) return false; // somebody's words
  if (old.matches(".correction") && isTouched(boxOf(old))) return false; // and which words they replace
  if (old.matches("[data-note]") && old.textContent.trim() && !fresh.textContent.trim()) return false; // still to be read
  return true;
};
Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) => !(name === "open" && element.matches("details"));
Idiomorph.defaults.callbacks.beforeNodeRemoved = (old) => {
  // A card leaves the board in its time, but never while somebody writes in it.
  if (!(old instanceof Element && old.matches("[data-request]") && isBeingWritten(old))) return true;
  old.classList.add("is-kept");
  old.classList.remove("is-open");
  return false;
};

function letGo(card) {
  if (card.matches(".is-kept") && !isBeingWritten(card)) card.remove();
}

// --- what is new -----------------------------------------------------------------------------------------------

function notice({ quietly }) {
  const waiting = cards().filter((card) => card.classList.contains("is-open") && isForMe(card));
  const fresh = waiting.filter((card) => !known.has(card.dataset.request));
  document.title = waiting.length ? `(${waiting.length}) ${title}` : title;
  if (fresh.length && !quietly) {
    announcer.textContent = fresh.length === 1 ? "Somebody new is waiting" : `${fresh.length} more callers are waiting`;
    chime();
  }
  const heardOf = (card) => isForMe(card) || known.has(card.dataset.request);
  known = new Set(cards().filter(heardOf).map((card) => card.dataset.request));
}

function settle({ quietly = false } = {}) {
  lastBoardAt = Date.now();
  showOwed(document.getElementById("overview").dataset.owed);
  restore(board);
  lookForMe(board);
  board.querySelectorAll(".composer").forEach(count);
  tick(board);
  notice({ quietly });
}

// The count beside "Follow-ups" in the navigation, which is no part of the board.
function showOwed(count) {
  if (count === undefined) return;
  const badge = document.getElementById("owed");
  badge.textContent = count;
  badge.hidden = count === "0";
}

// --- writing ---------------------------------------------------------------------------------------------------

function count(form) {
  const counter = form.querySelector("[data-count]");
  const box = boxOf(form);
  if (!counter) return;
  const left = box.maxLength - box.value.length;
  counter.textContent = box.value ? `${left} characters left` : `${box.maxLength} characters at most`;
  counter.classList.toggle("is-short", left < 50);
}

function wrote(form) {
  quiet(form);
  count(form);
  const card = cardOf(form);
  // Whoever is writing keeps the claim they took.
  if (card.classList.contains("is-mine") && Date.now() - lastRenewalAt > RENEW_CLAIM_MS) {
    lastRenewalAt = Date.now();
    const answer = form.getAttribute("action");
    const body = new FormData(form);
    body.delete("answer");
    fetch(answer.replace(/answer$/, "claim"), { method: "POST", body, headers: { "HX-Request": "true" } });
  }
}

function use(card, words) {
  const box = answerBoxOf(card);
  if (!suggest(box, words)) noteOf(card).textContent = `Together that would be more than ${box.maxLength} characters.`;
}

document.addEventListener("input", (event) => {
  if (event.target.matches("textarea[data-draft]")) wrote(event.target.form);
});

document.addEventListener("reset", (event) => {
  const form = formOf(event.target);
  if (!form) return;
  forget(boxOf(form).dataset.draft);
  quiet(form);
  form.closest("details")?.removeAttribute("open");
  setTimeout(() => { // the box is as it was only after this event
    count(form);
    letGo(cardOf(form));
  });
});

document.addEventListener("focusout", (event) => {
  const card = cardOf(event.target);
  if (card) setTimeout(letGo, 0, card);
});

document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.("textarea[data-draft]");
  const send = box?.form.querySelector("[data-send]");
  if (send && event.key === "Enter" && !event.shiftKey && !event.altKey && !event.isComposing) {
    event.preventDefault();
    if (!send.disabled) box.form.requestSubmit(send);
    return;
  }
  if (!event.altKey || event.ctrlKey || event.metaKey) return;
  const digit = /^Digit([1-9])$/.exec(event.code);
  if (digit) {
    const card = meant(event.target);
    const words = card?.querySelectorAll(".quick [data-use]")[Number(digit[1]) - 1]?.dataset.use;
    if (words) use(card, words);
    if (!card && cards().length) announcer.textContent = "Choose a caller first: claim the question, or go to its box.";
  } else if (event.code === "KeyA") {
    const card = nextToAnswer(event.target);
    if (card) answerBoxOf(card).focus();
  } else {
    return;
  }
  event.preventDefault();
});

document.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-use]");
  if (chosen) use(cardOf(chosen), chosen.dataset.use);
  const opened = event.target.closest(".correcting summary");
  if (opened) setTimeout(() => opened.parentElement.open && boxOf(opened.parentElement).focus());
  const listen = event.target.closest("[data-preview]");
  if (listen) {
    event.preventDefault();
    preview(listen, noteOf(listen.form));
  }
});

// --- what the server says to what was done ---------------------------------------------------------------------

document.addEventListener("htmx:beforeRequest", (event) => {
  quiet(event.target);
  const { xhr } = event.detail;
  const sentAt = Date.now();
  // Not as an event of htmx, which a form that the stream has already taken away would not pass on.
  xhr.addEventListener("load", () => {
    const told = xhr.getResponseHeader("Holdline-Done");
    if (told) done({ ...JSON.parse(told), sentAt });
    if (xhr.status === 409) haveSeen(event.target);
  });
});

// Who was told that there are newer words, which the card shows, and sends theirs all the same, means it.
function haveSeen(form) {
  const version = form.elements.version;
  if (version) version.value = form.closest("details").dataset.version;
}

function done({ request, verb, status, sentAt }) {
  const card = document.getElementById(`request-${request}`);
  if (verb === "answer") {
    forget(request);
    const box = card && answerBoxOf(card);
    if (box) {
      box.value = "";
      box.blur();
    }
    announcer.textContent = status === "follow_up" ? "Kept for a follow-up" : "It is on its way";
  }
  if (verb === "correct") {
    forget(`${request}-correction`);
    const box = card && correctionBoxOf(card);
    if (box) {
      box.defaultValue = box.value; // these are the words that the next correction begins with
      box.blur();
      box.closest("details").removeAttribute("open");
    }
    announcer.textContent = status === "follow_up" ? "The correction is kept for a follow-up" : "The correction is on its way";
  }
  setTimeout(catchUp, RELOAD_AFTER_MS, request, verb, sentAt);
}

// The card changes by the stream, which may be faster than the reply. Where the stream is down, the page is loaded
// anew, as soon as that takes nothing from under anybody's fingers.
function catchUp(request, verb, sentAt) {
  if (lastBoardAt >= sentAt || isSeen(request, verb)) return;
  if (cards().some(isBeingWritten)) setTimeout(catchUp, RELOAD_AFTER_MS, request, verb, sentAt);
  else location.reload();
}

// What is done a second time changes nothing, and brings no board.
function isSeen(request, verb) {
  const card = document.getElementById(`request-${request}`);
  if (!card) return true;
  const isAnswered = !card.matches(".is-open, .is-late");
  const isCorrected = card.querySelector(".given p")?.textContent === correctionBoxOf(card)?.defaultValue;
  const seen = { claim: card.matches(".is-mine"), release: !card.matches(".is-mine"), correct: isCorrected };
  return seen[verb] ?? isAnswered;
}

document.addEventListener("htmx:sseMessage", (event) => event.detail.type === "board" && settle());

keepDrafts();
soundSwitch(document.getElementById("sound"));
followLine(document.body, { onBeat: stillLooking });
keepTime(document.getElementById("overview").dataset.now); // the page's own; a board from the stream may be older
followSwitch();
tellFailures();
settle({ quietly: true });
setInterval(() => tick(board), 250);
