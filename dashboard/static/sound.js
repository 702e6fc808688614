// A gentle chime when somebody new waits, and the switch for it.
const KEY = "holdline-sound";
let audio = null;

// Browsers let a page sound only after it was touched, and may silence it again, as a phone does during a call.
export function audioContext() {
  audio ??= new AudioContext();
  if (audio.state !== "running") audio.resume();
  return audio;
}

const isOn = () => localStorage.getItem(KEY) !== "off";

export function chime() {
  if (!isOn() || !audio || audio.state !== "running") return;
  [587.33, 880].forEach((pitch, place) => {
    const at = audio.currentTime + place * 0.16;
    const tone = new OscillatorNode(audio, { frequency: pitch, type: "sine" });
    const loudness = new GainNode(audio, { gain: 0 });
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(0.12, at + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.0005, at + 0.9);
    tone.connect(loudness).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 1);
  });
}

export function soundSwitch(button) {
  const show = () => {
    button.textContent = isOn() ? "Sound on" : "Sound off";
    button.setAttribute("aria-pressed", String(isOn()));
  };
  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    localStorage.setItem(KEY, isOn() ? "off" : "on");
    show();
    audioContext();
    chime();
  });
  // A finger counts when it is lifted: nothing may sound from its "pointerdown".
  for (const touch of ["pointerup", "keydown"]) document.addEventListener(touch, audioContext);
}
