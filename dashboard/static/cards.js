// The cards of the live queue, and which of them somebody means.
export const cardOf = (element) => element.closest?.("[data-request]") ?? null;
export const boxOf = (form) => form.querySelector("textarea[data-draft]");
export const noteOf = (part) => part.querySelector("[data-note]");
// A card may hold two forms that words are written in: an answer, and the correction of one.
export const answerBoxOf = (card) => card.querySelector(".composer [data-draft]");
export const correctionBoxOf = (card) => card.querySelector(".correction [data-draft]");
export const formOf = (element) => element.closest?.(".composer, .correction") ?? null;
export const cards = () => [...document.querySelectorAll("#board [data-request]")];
const openOnes = () => cards().filter((card) => card.matches(".is-open"));

// A question that needs a skill calls those who have it first; everybody sees it, and may take it.
export function isForMe(card) {
  const first = JSON.parse(card.dataset.first ?? "[]");
  return !first.length || first.includes(document.body.dataset.person);
}

// In a window that is not in front nothing matches :focus, but there is an active element all the same.
export function isBeingWritten(part) {
  return [...part.querySelectorAll("textarea[data-draft]")].some((box) => isTouched(box) || box === document.activeElement);
}

// A correction begins with the words that it corrects, an answer with none.
export const isTouched = (box) => box.value !== (box.matches("[data-from]") ? box.defaultValue : "");

// The card that a key is meant for: the one it was pressed in, the one that was claimed, or the only one. Else none,
// because words must not go to a caller whom nobody chose.
export function meant(element) {
  const mine = openOnes().filter((card) => card.matches(".is-mine"));
  const likely = mine.length ? mine : openOnes();
  return cardOf(element) ?? (likely.length === 1 ? likely[0] : null);
}

// The card to write in next: words that are yet to be typed may be for whoever waits longest.
export function nextToAnswer(element) {
  const card = meant(element);
  return card?.matches(".is-open, .is-late") ? card : openOnes()[0];
}
