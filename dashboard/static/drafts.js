// What somebody is writing survives a reload of the page, in this tab alone.
import { isTouched } from "./cards.js";

const keyOf = (field) => `holdline-draft-${field}`;

export function keepDrafts() {
  document.addEventListener("input", (event) => {
    const box = event.target;
    if (!box.matches("textarea[data-draft]")) return;
    if (isTouched(box)) sessionStorage.setItem(keyOf(box.dataset.draft), box.value);
    else forget(box.dataset.draft);
  });
}

export function restore(root) {
  for (const box of root.querySelectorAll("textarea[data-draft]")) {
    if (box.dataset.restored) continue;
    box.dataset.restored = "yes";
    const kept = sessionStorage.getItem(keyOf(box.dataset.draft));
    if (!kept || isTouched(box)) continue;
    box.value = kept;
    box.closest("details")?.setAttribute("open", "");
  }
}

export function forget(field) {
  sessionStorage.removeItem(keyOf(field));
}
