// Hold clocks, ticking by the server's time.
let ahead = 0; // the server's clock minus ours, in ms

export function keepTime(serverNow) {
  ahead = Date.parse(serverNow) - Date.now();
}

export function worded(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function tick(root) {
  const now = Date.now() + ahead;
  for (const element of root.querySelectorAll("[data-since]")) {
    const waited = (now - Date.parse(element.dataset.since)) / 1000;
    if (element instanceof HTMLProgressElement) {
      element.value = Math.max(0, waited);
      const used = waited / element.max;
      const card = element.closest("[data-request]");
      card.classList.toggle("is-warm", used >= 0.4 && used < 0.75);
      card.classList.toggle("is-hot", used >= 0.75);
      continue;
    }
    const words = worded(waited);
    if (element.textContent !== words) element.textContent = words;
  }
}
