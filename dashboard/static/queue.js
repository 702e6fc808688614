// The live queue in the browser: what the stream brings is morphed into the page by htmx and idiomorph; this file adds
// what a server cannot do. It works on whatever cards there are, so nothing has to be set up again after a morph.
import { keepTime, tick } from "./clocks.js";
import { forget, keepDrafts, restore } from "./drafts.js";
import { followLine } from "./lamp.js";
import { preview } from "./preview.js";
import { chime, soundSwitch } from "./sound.js";

const RELOAD_AFTER_MS = 4000;
const RENEW_CLAIM_MS = 45000;

const board = document.getElementById("board");
const announcer = document.getElementById("announcer");
const title = document.title;
let known = new Set();
let lastBoardAt = Date.now();
let lastRenewalAt = 0;

const cardOf = (element) => element.closest("[data-request]");
const boxOf = (card) => card.querySelector("textarea[data-draft]");
const noteOf = (card) => card.querySelector("[data-note]");
const cards = () => [...board.querySelectorAll("[data-request]")];

// --- what a morph must leave alone -----------------------------------------------------------------------------

Idiomorph.defaults.callbacks.beforeNodeMorphed = (old, fresh) => {
  if (!(old instanceof Element)) return true;
  if (old.matches("textarea[data-draft]")) return false; // somebody's words
  if (old.matches("[data-note]") && old.textContent.trim() && !fresh.textContent.trim()) return false; // still to be read
  return true;
};
Idiomorph.defaults.callbacks.beforeNodeRemoved = (old) => {
  // A card leaves the board in its time, but never while somebody writes in it.
  return !(old instanceof Element && old.matches("[data-request]") && boxOf(old)?.matches(":focus"));
};

// --- what is new -----------------------------------------------------------------------------------------------

function notice({ quietly }) {
  const waiting = cards().filter((card) => card.classList.contains("is-open"));
  const fresh = waiting.filter((card) => !known.has(card.dataset.request));
  document.title = waiting.length ? `(${waiting.length}) ${title}` : title;
  if (fresh.length && !quietly) {
    announcer.textContent = fresh.length === 1 ? "Somebody new is waiting" : `${fresh.length} more callers are waiting`;
    chime();
  }
  known = new Set(cards().map((card) => card.dataset.request));
}

function settle({ quietly = false } = {}) {
  lastBoardAt = Date.now();
  const overview = document.getElementById("overview");
  keepTime(overview.dataset.now);
  restore(board);
  cards().forEach(count);
  tick(board);
  notice({ quietly });
}

function quiet(card) {
  const note = noteOf(card);
  if (note && !note.matches(".is-standing")) note.textContent = "";
}

// --- writing ---------------------------------------------------------------------------------------------------

function count(card) {
  const counter = card.querySelector("[data-count]");
  const box = boxOf(card);
  if (!counter || !box) return;
  const left = box.maxLength - box.value.length;
  counter.textContent = box.value ? `${left} characters left` : `${box.maxLength} characters at most`;
  counter.classList.toggle("is-short", left < 50);
}

function wrote(card) {
  quiet(card);
  count(card);
  // Whoever is writing keeps the claim they took.
  if (card.classList.contains("is-mine") && Date.now() - lastRenewalAt > RENEW_CLAIM_MS) {
    lastRenewalAt = Date.now();
    const answer = card.querySelector(".composer").getAttribute("action");
    const body = new FormData(card.querySelector(".composer"));
    body.delete("answer");
    fetch(answer.replace(/answer$/, "claim"), { method: "POST", body, headers: { "HX-Request": "true" } });
  }
}

function use(card, words) {
  const box = boxOf(card);
  box.value = words;
  box.focus();
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("input", (event) => {
  if (event.target.matches("textarea[data-draft]")) wrote(cardOf(event.target));
});

document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.("textarea[data-draft]");
  const send = box && cardOf(box).querySelector("[data-send]");
  if (send && event.key === "Enter" && !event.shiftKey && !event.altKey && !event.isComposing) {
    event.preventDefault();
    if (!send.disabled) box.form.requestSubmit(send);
    return;
  }
  if (!event.altKey || event.ctrlKey || event.metaKey) return;
  const card = box ? cardOf(box) : board.querySelector("[data-request].is-open");
  if (!card) return;
  const digit = /^Digit([1-9])$/.exec(event.code);
  if (digit) {
    const words = card.querySelectorAll(".quick [data-use]")[Number(digit[1]) - 1]?.dataset.use;
    if (words) use(card, words);
  } else if (event.code === "KeyA") {
    boxOf(card).focus();
  } else {
    return;
  }
  event.preventDefault();
});

document.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-use]");
  if (chosen) use(cardOf(chosen), chosen.dataset.use);
  const listen = event.target.closest("[data-preview]");
  if (listen) {
    event.preventDefault();
    preview(listen, noteOf(cardOf(listen)));
  }
});

// --- what the server says to what was done ---------------------------------------------------------------------

document.addEventListener("htmx:beforeRequest", (event) => {
  const card = cardOf(event.target);
  if (card) quiet(card);
});

document.addEventListener("holdline:done", (event) => {
  const { request, verb } = event.detail;
  const card = document.getElementById(`request-${request}`);
  const doneAt = Date.now();
  if (verb === "answer" && card) {
    forget(request);
    const box = boxOf(card);
    if (box) box.value = "";
    announcer.textContent = "It is on its way";
  }
  // The card changes by the stream. Where the stream is down, the page is loaded anew: drafts are kept.
  setTimeout(() => lastBoardAt < doneAt && location.reload(), RELOAD_AFTER_MS);
});

for (const name of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(name, (event) => {
    const card = cardOf(event.target);
    if (!card || !noteOf(card)) return;
    const said = event.detail.xhr?.responseText;
    noteOf(card).textContent = said && said.length < 300 ? said : "That did not arrive. Your words are still here: try again.";
  });
}

document.addEventListener("htmx:sseMessage", (event) => event.detail.type === "board" && settle());

keepDrafts();
soundSwitch(document.getElementById("sound"));
followLine(document.body);
settle({ quietly: true });
setInterval(() => tick(board), 250);
