"""Speech as a telephone leaves it, in numbers: mel cepstra between 100 and 3800 Hz, a row for every 10 ms.

Follows Davis and Mermelstein (1980): triangular mel filters, logarithm, cosine transform. The mean over what is
spoken is taken away, which takes the line's own colour with it.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from local.sound import Sound

Cepstra = NDArray[np.float64]

RATE = 16_000
STEP = 160
WINDOW = 400
FFT = 512
FILTERS = 24
KEPT = 13
SPOKEN = 1e-3
"""The share of the loudest step's energy from which a step is taken for speech: 30 dB."""
LOW_HZ, HIGH_HZ = 100.0, 3800.0


def cepstra(sound: Sound) -> Cepstra:
    """One row a step; the loudness coefficient is left out, since gain says nothing about words.

    Each coefficient is on the scale that it has while somebody speaks, however much silence is around.
    """
    samples = sound.at(RATE).samples.astype(np.float64)
    if len(samples) < WINDOW:
        return np.empty((0, KEPT - 1))
    samples = np.append(samples[0], samples[1:] - 0.97 * samples[:-1])
    windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::STEP] * np.hamming(WINDOW)
    energies = np.abs(np.fft.rfft(windows, FFT)) ** 2 @ _filters().T
    # The floor hides what lies 60 dB below the loudest: there is only noise.
    logs = np.log(np.maximum(energies, max(energies.max() * 1e-6, 1.0)))
    rows = (logs @ _cosines().T)[:, 1:]
    loudness = energies.sum(axis=1)
    spoken = rows[loudness >= loudness.max() * SPOKEN]
    levelled: Cepstra = (rows - spoken.mean(axis=0)) / (spoken.std(axis=0) + 1e-6)
    return levelled


@cache
def _filters() -> NDArray[np.float64]:
    edges = _hz(np.linspace(_mel(LOW_HZ), _mel(HIGH_HZ), FILTERS + 2))
    bins = np.fft.rfftfreq(FFT, 1 / RATE)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.clip(np.minimum(rising, falling), 0, None)


@cache
def _cosines() -> NDArray[np.float64]:
    n = np.arange(FILTERS) + 0.5
    waves: NDArray[np.float64] = np.cos(np.pi / FILTERS * np.outer(np.arange(KEPT), n))
    return waves


def _mel(hz: float) -> float:
    return float(2595 * np.log10(1 + hz / 700))


def _hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return 700 * (10 ** (mel / 2595) - 1)
