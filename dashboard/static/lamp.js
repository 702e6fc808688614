// The lamp that says whether what is seen is live: the stream is open, has brought a board and beats, and the server's own
// watch is live.
import { keepTime } from "./clocks.js";

const LATE_MS = 40000; // more than two beats
const BOARD_WITHIN_MS = 10000; // of opening; where the server's watch is dumb, it reads after five seconds

let isOpen = true; // until the first error: the page itself was just served
let lastBeat = Date.now();
let boardDueAt = Infinity;
let stream = null;

function show() {
  const lamp = document.getElementById("lamp");
  const now = Date.now();
  const isLive = isOpen && lamp.dataset.watch === "live" && now < boardDueAt && now - lastBeat < LATE_MS;
  lamp.classList.toggle("is-lost", !isLive);
  const words = isLive ? "Line is live" : "Reconnecting";
  const label = document.getElementById("lamp-words");
  if (label.textContent !== words) label.textContent = words;
}

// A connection that died without a word, such as under a lid that was closed, is not noticed by the browser.
function revive() {
  if (!stream || Date.now() - lastBeat < LATE_MS) return;
  stream.close();
  stream.dispatchEvent(new Event("error")); // on which htmx opens a new one, which begins with the whole board
}

export function followLine(body, { onBeat }) {
  body.addEventListener("htmx:sseOpen", (event) => {
    isOpen = true;
    lastBeat = Date.now();
    boardDueAt = lastBeat + BOARD_WITHIN_MS;
    const { source } = event.detail;
    stream = source;
    source.addEventListener("beat", (beat) => {
      lastBeat = Date.now();
      keepTime(beat.data);
      onBeat();
    });
    source.addEventListener("ended", () => {
      source.close();
      location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
    });
  });
  body.addEventListener("htmx:sseMessage", () => {
    boardDueAt = Infinity;
  });
  body.addEventListener("htmx:sseError", ({ detail: { source } }) => {
    isOpen = false;
    if (source.readyState === EventSource.CLOSED) stream = null; // htmx opens another in its place, and once
    show();
  });
  setInterval(() => {
    show();
    revive();
  }, 1000);
}
