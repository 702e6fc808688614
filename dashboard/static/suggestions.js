// Quick responses and known answers go into the box as if they had been typed, so that the browser can undo them.
const untouched = new WeakMap(); // box -> a suggestion that stands there alone

// Adds to what was typed, in place of what is selected; false where it would not fit. A suggestion takes the place of
// the one before, as long as nobody worked on that.
export function suggest(box, words) {
  box.focus();
  const isAlone = !box.value || untouched.get(box) === box.value;
  if (isAlone) box.select();
  else if (box.selectionStart === box.selectionEnd) box.setSelectionRange(box.value.length, box.value.length);
  const { selectionStart: from, selectionEnd: to } = box;
  const text = from && /\S/.test(box.value[from - 1]) ? ` ${words}` : words;
  if (box.value.length - (to - from) + text.length > box.maxLength) return false;
  // Deprecated, and the only way that keeps what can be undone.
  if (!document.execCommand("insertText", false, text)) {
    box.setRangeText(text, from, to, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (isAlone) untouched.set(box, box.value);
  return true;
}
