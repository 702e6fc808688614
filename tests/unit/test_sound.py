"""How alike words sound: what need not be compared, because it cannot be alike."""

from hypothesis import given
from hypothesis import strategies as st

from holdline.knowledge.sound import alikeness, may_be_alike, sound

SOUNDS = st.text("abdgkmnprstvzJTCS", max_size=12)
LEAST = st.floats(0.3, 1)


def test_words_that_are_mistaken_for_one_another_sound_the_same() -> None:
    assert sound("hare") == sound("hair")
    assert sound("bread") != sound("beard")


@given(SOUNDS, SOUNDS, LEAST)
def test_what_is_ruled_out_by_its_length_is_never_alike(one: str, other: str, least: float) -> None:
    assert may_be_alike(one, other, least) or alikeness(one, other) < least
