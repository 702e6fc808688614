"""From the click on "Send" in a supervisor's browser to the first loud frame of the words at the caller.

`python -m bench.first_loud`. Real browser, real call over LiveKit, offline voice; in four states of the floor: silence,
hold music, the agent in a sentence, the caller in one. Ours is all but the synthesiser's time, the silence before its
first loud sound, and the wait for a voice to end: dashboard, storage, floor, LiveKit and the caller's jitter buffer.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import click
from playwright.async_api import Page, async_playwright, expect

from bench import plot
from bench.calls import SALON, WITHIN_S, LiveCall, answered, database_of, requests_of
from bench.held import relayed
from bench.measure import Bar, Report, Series
from bench.stack import whole
from bench.warmth import warm_up
from holdline.help_request import HelpRequest
from holdline.speech.espeak import synthesise
from holdline.store import Store
from local.chromium import on_path
from local.ear import LOUD_RMS
from local.recordings import recording
from local.sound import Sound, rms

CLICKED = """addEventListener("click", (event) => {
  if (event.target.closest("[data-send]")) window.sentAt = performance.timeOrigin + performance.now();
}, true)"""
SHORT = ("Yes, we do.", "No, we do not.", "Until six.")
State = Callable[["LiveCall", "Desk", HelpRequest], Awaitable[float]]
"""Brings the floor into a state and sends; tells until when the caller was speaking, or 0."""


class Desk:
    """A supervisor's page."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def card(self, request: HelpRequest) -> Any:
        return self._page.locator(f'[data-request="{request.id}"]')

    async def write(self, request: HelpRequest, words: str) -> None:
        await self.card(request).get_by_label("Answer", exact=True).fill(words)

    async def claim(self, request: HelpRequest) -> None:
        await self.card(request).get_by_role("button", name="Claim").click()

    async def send(self, request: HelpRequest) -> None:
        await self.card(request).locator("[data-send]").click()

    async def sent_at(self) -> float:
        """When the last click on "Send" was, in wall clock seconds."""
        return float(await self._page.evaluate("window.sentAt")) / 1000


@asynccontextmanager
async def a_desk(stack: dict[str, Any]) -> Any:
    person = next(person for person in stack["people"] if person["org"] == SALON)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=on_path(), args=["--no-sandbox"])
        page = await browser.new_page()
        await page.goto(f"{stack['dashboard_url']}/")
        await page.get_by_label("Email").fill(person["email"])
        await page.get_by_label("Password").fill(person["password"])
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.locator("#lamp")).to_have_text("Line is live", timeout=30_000)
        await page.evaluate(CLICKED)
        try:
            yield Desk(page)
        finally:
            await browser.close()


async def in_silence(call: LiveCall, desk: Desk, request: HelpRequest) -> float:
    """Between the agent's last word and the music."""
    claimed_at = time.time()
    await desk.claim(request)
    await call.caller.agent.wait_for_speech(after=claimed_at, within_s=WITHIN_S)
    await call.quiet(for_s=0.3)
    await desk.send(request)
    return 0.0


async def in_music(call: LiveCall, desk: Desk, request: HelpRequest) -> float:
    await call.caller.music.wait_for_speech(after=time.time(), within_s=WITHIN_S)
    await asyncio.sleep(1.0)
    await desk.send(request)
    return 0.0


async def in_the_agents_sentence(call: LiveCall, desk: Desk, request: HelpRequest) -> float:
    _, said_until = await call.caller.say(recording("how much is a haircut", voice="rms"))
    await call.caller.agent.wait_for_speech(after=said_until, within_s=WITHIN_S)
    await asyncio.sleep(0.3)
    await desk.send(request)
    return said_until


async def in_the_callers_sentence(call: LiveCall, desk: Desk, request: HelpRequest) -> float:
    speaking = asyncio.create_task(call.caller.say(recording("hello", voice="rms")))
    await asyncio.sleep(0.3)
    await desk.send(request)
    _, said_until = await speaking
    return said_until


STATES: dict[str, State] = {
    "silence": in_silence,
    "music": in_music,
    "agent talking": in_the_agents_sentence,
    "caller talking": in_the_callers_sentence,
}


class Measured:
    def __init__(self, state: str) -> None:
        is_free = state in ("silence", "music")
        self.total = Series(f"{state}: click to first loud frame", bar=Bar("p95", 400) if is_free else None)
        self.ours = Series(f"{state}: ours", bar=Bar("p95", 120))
        self.server = Series(f"{state}: click to commit")
        self.synthesiser = Series(f"{state}: synthesiser, with the silence that its sound begins with")
        self.media = Series(f"{state}: first frame published to first loud frame, without that silence")
        self.music = Series(f"{state}: music heard after the first word")

    @property
    def series(self) -> list[Series]:
        return [self.total, self.ours, self.server, self.synthesiser, self.media, self.music]


async def one_answer(call: LiveCall, desk: Desk, bring: State, measured: Measured, *, words: str) -> None:
    request = await call.ask()
    await desk.write(request, words)
    voice_until = await bring(call, desk, request)
    delivered = await call.delivered(request)
    sent_at = await desk.sent_at()
    heard_at = await call.heard_behind_a_voice(delivered) if voice_until else call.heard_from(delivered)
    assert delivered.answered_at is not None
    answered_at, latencies_ms = delivered.answered_at.timestamp(), delivered.latencies_ms
    silence_ms = await asyncio.to_thread(silence_before, relayed(words))
    synthesiser_ms = latencies_ms["to_first_frame"] - latencies_ms["to_synthesiser"] + silence_ms
    if voice_until:  # the agent may reply before the answer's turn has come
        voice_until = max(voice_until, call.caller.agent.last_loud_before(heard_at) or 0.0)
    measured.total.add((heard_at - sent_at) * 1000)
    measured.ours.add((heard_at - max(sent_at, voice_until)) * 1000 - synthesiser_ms)
    measured.server.add((answered_at - sent_at) * 1000)
    measured.synthesiser.add(synthesiser_ms)
    measured.media.add((heard_at - answered_at) * 1000 - latencies_ms["to_first_frame"] - silence_ms)
    still = call.caller.music.first_loud_after(heard_at)
    measured.music.add((still - heard_at) * 1000 if still is not None and still < heard_at + 0.5 else 0.0)
    await call.quiet(for_s=1.0)
    await call.forget(request)


def silence_before(words: str) -> float:
    """How long the synthesiser's sound of these words is not loud yet, in ms."""
    pcm = synthesise(words)
    sound = Sound.of_bytes(pcm.samples, pcm.sample_rate)
    step = pcm.sample_rate // 100
    pieces = (rms(sound.samples[at : at + step]) for at in range(0, len(sound.samples), step))
    return 10.0 * next((n for n, loudness in enumerate(pieces) if loudness >= LOUD_RMS), 0)


async def run(rounds: int) -> None:
    report = Report("first_loud", command=f"python -m bench.first_loud --rounds {rounds}")
    measured = {state: Measured(state) for state in STATES}
    with whole() as stack:
        db = database_of(stack)
        await warm_up(db)
        store: Store = db.for_org(SALON)
        async with (
            a_desk(stack) as desk,
            requests_of(store) as requests,
            answered(stack, store, requests=requests) as call,
        ):
            for n in range(-1, rounds):
                for state, bring in STATES.items():
                    into = measured[state] if n >= 0 else Measured(state)  # the first time everything is loaded
                    await one_answer(call, desk, bring, into, words=SHORT[n % 3])
        await asyncio.to_thread(db.close)
    series = [one for state in measured.values() for one in state.series]
    svg = report.write(series)
    plot.distributions(svg, title="Click on Send -> first loud frame", series=[one.total for one in measured.values()])


@click.command()
@click.option("--rounds", default=20, show_default=True, help="Answers in each state.")
def main(rounds: int) -> None:
    asyncio.run(run(rounds))


if __name__ == "__main__":
    main()
