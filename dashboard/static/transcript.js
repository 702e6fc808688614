// What is said on the call, as LiveKit sends it: streams of text, each a segment of somebody's speech.
export class Transcript {
  #list;
  #segments = new Map();

  constructor(list) {
    this.#list = list;
  }

  clear() {
    this.#segments.clear();
    this.#list.replaceChildren();
    this.#list.hidden = true;
  }

  // A segment may come several times, each time longer or final, and in pieces: the last word counts.
  async follow(reader, { isOwn }) {
    const about = reader.info.attributes ?? {};
    const id = `${isOwn} ${about["lk.segment_id"] ?? reader.info.id}`;
    let words = "";
    for await (const piece of reader) {
      words += piece;
      this.#write(id, words, { isOwn, isFinal: false });
    }
    this.#write(id, words, { isOwn, isFinal: about["lk.transcription_final"] === "true" });
  }

  #write(id, words, { isOwn, isFinal }) {
    if (!words.trim()) return;
    let item = this.#segments.get(id);
    if (item?.dataset.final && !isFinal) return;
    if (!item) {
      item = this.#item(isOwn);
      this.#segments.set(id, item);
      this.#list.hidden = false;
      this.#list.append(item);
    }
    item.querySelector(".words").textContent = words;
    if (isFinal) item.dataset.final = "yes";
    this.#list.scrollTop = this.#list.scrollHeight;
  }

  #item(isOwn) {
    const item = document.createElement("li");
    item.className = isOwn ? "said-by-caller" : "said-by-agent";
    const by = document.createElement("b");
    by.textContent = isOwn ? "You" : "Agent";
    const line = document.createElement("p");
    line.className = "words";
    item.append(by, line);
    return item;
  }
}
