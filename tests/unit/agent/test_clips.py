"""The recorded sentences say what their prompts say, are short, and come in frames that a track takes."""

import wave
from pathlib import Path

import numpy as np
import pytest

from agent.clips import FRAME_S, Clip, load, record
from holdline.speech import espeak
from tests.unit.agent.test_prompts import headings

SPOKEN_ALIKE_S = 0.05


def test_every_recorded_line_has_its_recording_and_the_other_way_round() -> None:
    assert {clip.value for clip in Clip} == set(headings("recorded"))
    assert {path.stem for path in Clip.ONE_MOMENT.path.parent.glob("*.wav")} == {clip.value for clip in Clip}


@pytest.mark.parametrize("clip", Clip)
def test_a_recording_is_of_the_words_that_stand_in_its_prompt(clip: Clip) -> None:
    assert clip.sound.duration_s == pytest.approx(espeak.synthesise(clip.text).duration_s, abs=SPOKEN_ALIKE_S)


@pytest.mark.parametrize("clip", Clip)
def test_a_recording_is_loud_enough_to_be_heard(clip: Clip) -> None:
    samples = np.frombuffer(clip.sound.samples, dtype=np.int16).astype(np.float64)
    assert float(np.sqrt(np.mean(samples**2))) > 1000


@pytest.mark.parametrize("clip", Clip)
async def test_its_frames_are_the_whole_of_it_and_none_is_long(clip: Clip) -> None:
    frames = [frame async for frame in clip.frames()]
    assert b"".join(bytes(frame.data) for frame in frames) == clip.sound.samples
    assert max(frame.duration for frame in frames) <= FRAME_S


def test_recordings_can_be_made_anew(tmp_path: Path) -> None:
    load()
    record(tmp_path)
    for clip in Clip:
        with wave.open(str(tmp_path / clip.path.name)) as file:
            assert file.getframerate() == clip.sound.sample_rate
            assert file.getnchannels() == 1
