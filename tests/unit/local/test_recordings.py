"""What a rehearsal caller can say is all there, in the shape that is promised."""

import numpy as np
import pytest

from local.recordings import FOLDER, recording, words_of_files
from local.sound import Sound


def test_the_index_names_every_recording_and_no_other() -> None:
    assert set(words_of_files()) == {path.name for path in FOLDER.glob("*.wav")}


@pytest.mark.parametrize("name", words_of_files())
def test_each_recording_is_audible_speech_at_16_khz(name: str) -> None:
    sound = Sound.read(FOLDER / name)
    assert sound.sample_rate == 16_000
    assert 0.5 < sound.duration_s < 3
    assert np.abs(sound.samples).max() > 5_000


def test_words_that_nobody_recorded_are_told_so() -> None:
    with pytest.raises(KeyError, match="nobody recorded"):
        recording("is the moon made of cheese")


def test_a_narrowed_sound_has_nothing_left_above_a_telephones_band() -> None:
    narrow = recording("do you have parking").narrowed()
    power = np.abs(np.fft.rfft(narrow.samples)) ** 2
    hz = np.fft.rfftfreq(len(narrow.samples), 1 / narrow.sample_rate)
    assert power[hz > 4_300].sum() < power.sum() * 1e-4


def test_a_sound_survives_being_saved(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("sound") / "hello.wav"
    sound = recording("hello")
    path.write_bytes(sound.wav())
    assert np.array_equal(Sound.read(path).samples, sound.samples)
