"""The parts a call is heard, answered and spoken through. `choose` picks them; nothing here knows about calls.

Kept free of imports: the recogniser's own process starts by importing this package.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from livekit.agents import inference, llm, stt, tts, vad


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """One call's parts. `name` says which were chosen, for a person who reads the log."""

    name: str
    stt: stt.STT[Any]
    llm: llm.LLM[Any]
    tts: tts.TTS[Any]
    vad: vad.VAD | None
    turn_detection: inference.TurnDetector | Literal["stt", "vad"]
    """`stt` where the recogniser itself knows when a turn is over, as a keyboard does; `vad` where silence will do."""
