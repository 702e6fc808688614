"""What the caller is saying and has said, and whose words a recogniser's are that come some time later."""

import asyncio
import math
from dataclasses import dataclass, field

from livekit.agents import stt

TOUCHES_S = 0.1
"""Words that reach into an utterance by less are not of it."""


@dataclass(eq=False)
class Utterance:
    """Times are of the provider's ear: seconds of sound that went into it."""

    sound: bytearray
    was_cut_off: bool
    """The provider did not hear all of it."""
    from_s: float
    until_s: float = math.inf
    unheard_s: float = 0.0
    """How much of it came after the provider's last words."""
    has_words: asyncio.Event = field(default_factory=asyncio.Event)
    """From the provider, for all of it so far."""
    was_noticed: bool = False
    """The provider has heard something of it."""

    @property
    def is_over(self) -> bool:
        return self.until_s < math.inf


class Wordless:
    """The utterances for which the provider may still have words."""

    def __init__(self) -> None:
        self._utterances: list[Utterance] = []
        """The oldest first."""

    def add(self, utterance: Utterance) -> None:
        self._utterances.append(utterance)

    def remove(self, utterance: Utterance) -> None:
        self._utterances = [one for one in self._utterances if one is not utterance]

    def start_anew(self) -> None:
        """With another ear, which knows nothing of what is over, and hears the rest of what is not."""
        self._utterances = [one for one in self._utterances if not one.is_over]
        for one in self._utterances:
            one.from_s = 0.0

    def spoken_in(self, words: stt.SpeechData, *, since_s: float) -> list[Utterance]:
        """What the words are of; where they have no times, the oldest utterance that waits for some.

        `since_s` is where the provider's ear begins in the times of words.
        """
        if words.end_time > since_s:
            from_s, until_s = words.start_time - since_s, words.end_time - since_s
            common_s = {one: min(until_s, one.until_s) - max(from_s, one.from_s) for one in self._utterances}
            if found := [one for one in self._utterances if common_s[one] > TOUCHES_S]:
                return found
        return [one for one in self._utterances if not one.has_words.is_set()][:1] or self._utterances[-1:]
