// What somebody is writing survives a reload of the page, in this tab alone.
const keyOf = (request) => `holdline-draft-${request}`;

export function keepDrafts() {
  document.addEventListener("input", (event) => {
    const box = event.target;
    if (!box.matches("textarea[data-draft]")) return;
    if (box.value) sessionStorage.setItem(keyOf(box.dataset.draft), box.value);
    else forget(box.dataset.draft);
  });
}

export function restore(root) {
  for (const box of root.querySelectorAll("textarea[data-draft]")) {
    if (box.dataset.restored) continue;
    box.dataset.restored = "yes";
    box.value ||= sessionStorage.getItem(keyOf(box.dataset.draft)) ?? "";
  }
}

export function forget(request) {
  sessionStorage.removeItem(keyOf(request));
}
