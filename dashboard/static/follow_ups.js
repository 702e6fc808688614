// What somebody is writing on the page of follow-ups survives a reload, until it was taken in.
import { forget, keepDrafts, restore } from "./drafts.js";

for (const done of document.querySelectorAll("[data-done]")) forget(done.dataset.done);
keepDrafts();
restore(document);
