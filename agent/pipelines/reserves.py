"""Recognisers that are given a whole utterance where the one that should have heard it did not."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from livekit import rtc
from livekit.agents import APIConnectOptions, APIError, stt

from agent.measurements import provider_failed

log = logging.getLogger("holdline.pipeline")

SAMPLE_RATE = 16_000
WITHIN_S = 1.5
"""How long one may take while there is another."""
LAST_WITHIN_S = 5.0
LEFT_ALONE_S = 30.0
"""How long one that failed is not asked; the last one always is."""
OPTIONS = APIConnectOptions(max_retry=0, timeout=WITHIN_S)


class Reserves:
    """In the order in which they are trusted."""

    def __init__(self, recognisers: Sequence[stt.STT[Any]]) -> None:
        self.recognisers = tuple(recognisers)
        self._left_alone_until: dict[stt.STT[Any], float] = {}

    async def recognise(self, sound: bytes) -> stt.SpeechEvent | None:
        """The words of 16-bit samples at 16 kHz; None where nobody answers.

        All are asked at once, since somebody waits; the first in the order that answers in time is listened to.
        """
        frame = rtc.AudioFrame(sound, SAMPLE_RATE, 1, len(sound) // 2)
        now = asyncio.get_running_loop().time
        asked_at = now()
        asked = {
            reserve: asyncio.create_task(reserve.recognize(frame, conn_options=OPTIONS))
            for reserve in self.recognisers
            if asked_at >= self._left_alone_until.get(reserve, 0.0)
        }
        try:
            for reserve, answer in asked.items():
                is_last = reserve is self.recognisers[-1]
                try:
                    async with asyncio.timeout_at(asked_at + (LAST_WITHIN_S if is_last else WITHIN_S)):
                        return await answer
                except (TimeoutError, APIError) as error:
                    log.warning("%s gave no words: %s", reserve.provider, type(error).__name__)
                    provider_failed("stt")
                    if not is_last:
                        self._left_alone_until[reserve] = now() + LEFT_ALONE_S
            return None
        finally:
            for answer in asked.values():
                answer.add_done_callback(_forget)

    def prewarm(self) -> None:
        for recogniser in self.recognisers:
            recogniser.prewarm()

    async def aclose(self) -> None:
        for recogniser in self.recognisers:
            await recogniser.aclose()


def _forget(answer: "asyncio.Task[stt.SpeechEvent]") -> None:
    """It came too late to be listened to, well or not."""
    if not answer.cancelled():
        answer.exception()
