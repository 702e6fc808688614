"""The tune under nobody's voice is quiet, and has no seam."""

import numpy as np

from agent.music import LOUDNESS, SAMPLE_RATE, render

FULL_SCALE = 32767


def test_the_tune_is_well_below_speech() -> None:
    peak = float(np.abs(render()).max())
    assert 0.5 * LOUDNESS * FULL_SCALE < peak <= LOUDNESS * FULL_SCALE


def test_the_tune_is_never_silent_for_a_second() -> None:
    tune = render()
    seconds = tune[: len(tune) // SAMPLE_RATE * SAMPLE_RATE].reshape(-1, SAMPLE_RATE)
    assert len(seconds) >= 8
    assert all(float(np.sqrt(np.mean(second**2))) > 0.05 * LOUDNESS * FULL_SCALE for second in seconds)


def test_the_tune_goes_round_without_a_click() -> None:
    tune = render()
    seam = abs(float(tune[0]) - float(tune[-1]))
    assert seam <= float(np.abs(np.diff(tune)).max())
