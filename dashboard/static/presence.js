// Who is at the desk, as the one who looks sees it: their own name is "you", and the switch follows what they do
// elsewhere. The board itself is the same for everybody.
const SETTLED_MS = 20000; // so long another copy of the server may still tell what was before a switch

const me = document.body.dataset.person;
let switchedAt = 0;

function show(isAway) {
  document.getElementById("presence-here").setAttribute("aria-pressed", String(!isAway));
  document.getElementById("presence-away").setAttribute("aria-pressed", String(isAway));
  document.getElementById("away-note").hidden = !isAway;
}

export function followSwitch() {
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.target.id !== "presence" || !event.detail.successful) return;
    switchedAt = Date.now();
    document.getElementById("away-note").hidden = document.getElementById("presence-away").ariaPressed !== "true";
  });
}

// The answer to a beat, which keeps the one who looks at the desk. One that is lost is made up for by the next.
export function stillLooking() {
  const body = new FormData(document.getElementById("presence"));
  fetch("/live/looking", { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => {});
}

// After each board: what it says of the one who looks.
export function lookForMe(board) {
  for (const name of board.querySelectorAll("#desk [data-person]")) {
    if (name.dataset.person !== me) continue;
    name.textContent = "you";
    if (Date.now() - switchedAt > SETTLED_MS) show(name.matches("[data-is-away]"));
  }
}
