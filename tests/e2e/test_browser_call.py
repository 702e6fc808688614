"""The page on which a visitor calls the line: their own microphone, the live transcript, and the agent's voice."""

import asyncio
import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.async_api import Locator, Page, expect

from holdline.speech.espeak import synthesise
from local.demo import knowledge_of
from local.heard import which
from local.recordings import recording
from local.sound import Sound
from tests.e2e.desk_page import chromium

MICROPHONE_RATE = 48_000
EAR_RATE = 16_000
WITHIN_MS = 60_000
BEFORE_S, BETWEEN_S = 12.0, 15.0
"""The agent's first words are said to their end; who speaks into them is not listened to. So the caller asks twice."""

# Keeps what the page's audio elements play, as a recorder beside the loudspeaker would.
RECORDER = """
() => {
  const context = new AudioContext({ sampleRate: 16000 });
  window.heard = [];
  const ear = context.createScriptProcessor(4096, 1, 1);
  ear.onaudioprocess = (event) => window.heard.push(event.inputBuffer.getChannelData(0).slice());
  ear.connect(context.destination);
  const listen = () => document.querySelectorAll("#sound audio").forEach((element) => {
    if (element.dataset.heard || !element.srcObject) return;
    element.dataset.heard = "yes";
    context.createMediaStreamSource(element.srcObject).connect(ear);
  });
  listen();
  new MutationObserver(listen).observe(document.getElementById("sound"), { childList: true });
}
"""
# What was kept so far, once the last second of it is quiet.
HEARD = """
() => new Promise((resolve) => {
  const isQuiet = (block) => block.every((x) => Math.abs(x) < 0.02);
  const look = setInterval(() => {
    if (!window.heard.slice(-4).every(isQuiet)) return;
    clearInterval(look);
    const samples = Int16Array.from(window.heard.flatMap((block) => [...block]), (x) => x * 32767);
    let text = "";
    for (const byte of new Uint8Array(samples.buffer)) text += String.fromCharCode(byte);
    resolve(btoa(text));
  }, 100);
})
"""

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


@pytest.fixture
def microphone(tmp_path: Path) -> Path:
    """What the visitor says: nothing, the question, nothing, and the question again."""
    question = recording("how much is a haircut", voice="rms").at(MICROPHONE_RATE).samples
    silences = (np.zeros(int(seconds * MICROPHONE_RATE), dtype=np.int16) for seconds in (BEFORE_S, BETWEEN_S, 1.0))
    before, between, after = silences
    file = tmp_path / "microphone.wav"
    said = np.concatenate([before, question, between, question, after])
    file.write_bytes(Sound(said, MICROPHONE_RATE).wav())
    return file


async def test_a_visitor_asks_by_voice_and_reads_and_hears_the_answer(stack: dict[str, Any], microphone: Path) -> None:
    entries = knowledge_of("luxe-beauty-salon", at=datetime.now(UTC))
    answers = [entry.answer for entry in entries if entry.id.endswith("-price")]
    answer = next(entry.answer for entry in entries if entry.id == "haircut-price")
    flags = (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone}%noloop",
        "--autoplay-policy=no-user-gesture-required",
    )
    async with chromium(*flags) as browser:
        context = await browser.new_context(permissions=["microphone"])
        page = await context.new_page()
        page.set_default_timeout(WITHIN_MS)
        await page.goto(f"{stack['dashboard_url']}/call")
        await page.evaluate(RECORDER)
        await page.get_by_role("button", name="Call").click()
        await expect(page.locator("#state")).to_have_text("You are on the line.", timeout=WITHIN_MS)
        await expect(said_by(page, "agent").first).to_contain_text("Thank you for calling", timeout=WITHIN_MS)
        await expect(said_by(page, "caller").first).to_contain_text("haircut", timeout=WITHIN_MS)
        await expect(said_by(page, "agent").filter(has_text=answer).first).to_be_visible(timeout=WITHIN_MS)
        sound = await heard_in(page)
        await page.get_by_role("button", name="Hang up").click()
        await expect(page.locator("#state")).to_have_text("The call has ended.", timeout=WITHIN_MS)
    verdict = await asyncio.to_thread(which, sound, answers, synthesise)
    assert verdict.best == answer, verdict.matches


def said_by(page: Page, who: str) -> Locator:
    return page.locator(f"#transcript .said-by-{who} .words")


async def heard_in(page: Page) -> Sound:
    return Sound.of_bytes(base64.b64decode(await page.evaluate(HEARD)), EAR_RATE)
