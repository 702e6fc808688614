// Hearing the answer before it is sent.
import { audioContext } from "./sound.js";

const OUT_OF_ORDER = "The preview cannot be made right now. Your answer can be sent all the same.";
let playing = null;

export async function preview(button, note) {
  if (playing) {
    playing.stop();
    return;
  }
  note.textContent = "";
  button.disabled = true;
  try {
    const reply = await fetch(button.formAction, {
      method: "POST",
      body: new FormData(button.form),
      headers: { "HX-Request": "true" },
    });
    if (!reply.ok) {
      note.textContent = reply.headers.has("Holdline-Says") ? await reply.text() : OUT_OF_ORDER;
      return;
    }
    const audio = audioContext();
    const sound = await audio.decodeAudioData(await reply.arrayBuffer());
    playing = new AudioBufferSourceNode(audio, { buffer: sound });
    playing.connect(audio.destination);
    playing.onended = () => {
      playing = null;
      button.textContent = "Preview";
    };
    button.textContent = "Stop";
    playing.start();
  } catch {
    note.textContent = OUT_OF_ORDER;
  } finally {
    button.disabled = false;
  }
}
