// A visitor calls the line: a pass from our server, then the call itself with LiveKit.
import { worded } from "./clocks.js";
import { Transcript } from "./transcript.js";

const { Room, RoomEvent, Track, ConnectionState } = LivekitClient;

const find = (id) => document.getElementById(id);
const dial = find("dial");
const transcript = new Transcript(find("transcript"));
let room = null;
let startedAt = 0;
let ticking = 0;
let ringing = 0;

const STATES = {
  idle: "Your browser will ask for the microphone.",
  connecting: "Connecting…",
  ringing: "Ringing…",
  "on-call": "You are on the line.",
  lost: "The connection is weak, hold on…",
  ended: "The call has ended.",
};
const NO_ANSWER_AFTER_MS = 30000;

function become(state, words = STATES[state]) {
  find("phone").dataset.state = state;
  find("state").textContent = words;
  const inCall = !["idle", "ended"].includes(state);
  dial.hidden = inCall;
  find("controls").hidden = !inCall;
  find("timer").hidden = !startedAt;
}

function problem(words) {
  find("problem").textContent = words;
}

function microphoneProblem(error) {
  if (error.name === "NotAllowedError") return "The microphone is not allowed. Allow it for this page in your browser, then call again.";
  if (error.name === "NotFoundError") return "No microphone was found. Connect one, then call again.";
  return "The microphone cannot be used right now. Another program may hold it.";
}

// The microphone first: nobody should hear a line ring that they cannot speak on.
async function openMicrophone() {
  if (!navigator.mediaDevices) throw new DOMException("needs https", "NotFoundError");
  const permission = await navigator.permissions?.query({ name: "microphone" }).catch(() => null);
  if (permission?.state === "granted") return;
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  stream.getTracks().forEach((track) => track.stop());
}

async function call(event) {
  event.preventDefault();
  problem("");
  transcript.clear();
  startedAt = 0;
  become("connecting");
  try {
    await openMicrophone();
  } catch (error) {
    become("idle");
    problem(microphoneProblem(error));
    return;
  }
  let pass;
  try {
    const reply = await fetch(dial.action, { method: "POST", body: new FormData(dial) });
    pass = reply.headers.get("Content-Type")?.startsWith("application/json") ? await reply.json() : null;
    if (!reply.ok || !pass) {
      become("idle");
      problem(pass?.words ?? "The page was open for too long. Load it again, then call.");
      return;
    }
  } catch {
    become("idle");
    problem("Our server cannot be reached. Check your connection, then call again.");
    return;
  }
  await connect(pass);
}

async function connect(pass) {
  room = new Room({ adaptiveStream: false, dynacast: false });
  room
    .on(RoomEvent.TrackSubscribed, (track) => {
      if (track.kind !== Track.Kind.Audio) return;
      find("sound").append(track.attach());
      answered();
    })
    .on(RoomEvent.TrackUnsubscribed, (track) => track.detach().forEach((element) => element.remove()))
    .on(RoomEvent.Reconnecting, () => become("lost"))
    .on(RoomEvent.Reconnected, () => become(startedAt ? "on-call" : "ringing"))
    .on(RoomEvent.Disconnected, over);
  room.registerTextStreamHandler("lk.transcription", (reader, from) =>
    transcript.follow(reader, { isOwn: from.identity === pass.identity }),
  );
  try {
    await room.connect(pass.url, pass.token);
    if (!startedAt) become("ringing");
    ringing = setTimeout(() => !startedAt && hangUp("Nobody picked up. Please try again in a moment."), NO_ANSWER_AFTER_MS);
    await room.localParticipant.setMicrophoneEnabled(true, {
      echoCancellation: true,
      autoGainControl: true,
      noiseSuppression: false, // it takes from consonants what speech recognition needs
    });
    await room.startAudio();
  } catch (error) {
    const isMicrophone = error instanceof DOMException;
    await hangUp(isMicrophone ? microphoneProblem(error) : "The call could not be connected. Please try again.");
  }
}

function answered() {
  if (startedAt) return;
  startedAt = Date.now();
  clearTimeout(ringing);
  become("on-call");
  find("hang-up").focus();
  ticking = setInterval(() => (find("timer").textContent = worded((Date.now() - startedAt) / 1000)), 250);
}

async function hangUp(words = "") {
  await room?.disconnect();
  problem(words);
}

function over() {
  clearInterval(ticking);
  clearTimeout(ringing);
  room = null;
  find("sound").replaceChildren();
  find("mute").textContent = "Mute";
  find("mute").setAttribute("aria-pressed", "false");
  become("ended");
  find("call").textContent = "Call again";
}

// --- buttons ---------------------------------------------------------------------------------------------------

dial.addEventListener("submit", call);
find("hang-up").addEventListener("click", () => hangUp());
find("mute").addEventListener("click", async () => {
  if (room?.state !== ConnectionState.Connected) return;
  const isOn = room.localParticipant.isMicrophoneEnabled;
  await room.localParticipant.setMicrophoneEnabled(!isOn);
  find("mute").textContent = isOn ? "Unmute" : "Mute";
  find("mute").setAttribute("aria-pressed", String(isOn));
});
window.addEventListener("pagehide", () => room?.disconnect());
