"""The sentence that a caller heard is told from its sound, through all that a telephone does to it."""

import numpy as np
import pytest

from holdline.speech.espeak import synthesise
from local.heard import which
from local.sound import Sound

RELAY = "My supervisor confirmed: "
CANDIDATES = [
    RELAY + answer
    for answer in (
        "Yes, we have free parking behind the building.",
        "No, there is no parking at our address.",
        "Street parking only, two dollars an hour.",
        "The garage on Oak Street is free for two hours.",
        "We have valet parking at the front door.",
        "Yes, we have free parking in front of the building.",
    )
]
AGENT_RATE = 22_050


def said(*parts: str | float) -> Sound:
    """Sentences, and silences in seconds, one after the other."""
    pieces = [
        np.frombuffer(synthesise(part).samples, dtype="<i2")
        if isinstance(part, str)
        else np.zeros(int(part * AGENT_RATE), dtype=np.int16)
        for part in parts
    ]
    return Sound(np.concatenate(pieces), AGENT_RATE)


def over_a_telephone(sound: Sound) -> Sound:
    """Through another rate, half as loud, in the narrow band, with noise on the line."""
    narrow = sound.at(48_000).at(24_000).narrowed()
    noise = np.random.default_rng(7).normal(0, 60, len(narrow.samples))
    return Sound((narrow.samples * 0.5 + noise).astype(np.int16), narrow.sample_rate)


@pytest.mark.parametrize("sentence", CANDIDATES[1:4])
def test_the_sentence_that_was_said_is_the_one_that_was_heard(sentence: str) -> None:
    assert which(said(0.4, sentence, 0.4), CANDIDATES, synthesise).best == sentence


@pytest.mark.parametrize("sentence", [CANDIDATES[0], CANDIDATES[5]])
def test_a_telephone_line_does_not_hide_which_of_two_near_twins_it_was(sentence: str) -> None:
    assert which(over_a_telephone(said(0.4, sentence, 0.4)), CANDIDATES, synthesise).best == sentence


def test_a_sentence_is_found_among_others_and_where_it_was_is_told() -> None:
    before = said(0.5, "Let me ask my supervisor, one moment please.", 1.0)
    sentence = CANDIDATES[2]
    heard = said(0.5, "Let me ask my supervisor, one moment please.", 1.0, sentence, 0.8, "Anything else?")
    verdict = which(heard, CANDIDATES, synthesise)
    assert verdict.best == sentence
    assert verdict.matches[sentence].start_s == pytest.approx(before.duration_s, abs=0.3)


def test_a_long_silence_before_it_does_not_hide_a_sentence() -> None:
    heard = over_a_telephone(said(6.0, CANDIDATES[0], 3.0))
    assert which(heard, CANDIDATES, synthesise).best == CANDIDATES[0]


@pytest.mark.parametrize(
    "sound",
    [
        said(0.3, "Let me ask my supervisor, one moment please.", 1.0, "Ana is looking at it now.", 0.5),
        said(2.0),
        said(0.0),
    ],
    ids=["other words", "silence", "nothing"],
)
def test_what_was_not_said_was_not_heard(sound: Sound) -> None:
    assert which(sound, CANDIDATES, synthesise).best is None


def test_a_sentence_that_was_cut_in_the_middle_was_not_heard() -> None:
    whole = said(CANDIDATES[3])
    half = Sound(whole.samples[: len(whole.samples) // 2], whole.sample_rate)
    assert which(half, CANDIDATES, synthesise).best is None
