// Hearing the answer before it is sent.
import { audioContext } from "./sound.js";

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
      note.textContent = reply.status < 500 || reply.status === 503 ? await reply.text() : "The preview cannot be made right now.";
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
    note.textContent = "The preview cannot be made right now.";
  } finally {
    button.disabled = false;
  }
}
