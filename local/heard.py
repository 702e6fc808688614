"""Which of several sentences did the caller hear? Told from the sound alone, against the same voice's own sound.

The sound is compared with each candidate, synthesised anew, by dynamic time warping over cepstra (Sakoe and Chiba,
1978), in its subsequence form: a candidate may begin and end anywhere in what was heard, so other speech around it does
no harm. Speech recognition is not asked: it is poor with synthetic voices.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from local.cepstra import RATE, STEP, Cepstra, cepstra
from local.sound import Sound, rms

STEP_S = STEP / RATE
CLEAR_MARGIN = 1.15
"""How much farther the second best must be for the best to be believed."""
NEAR_ENOUGH = 0.33
"""Distance a step beyond which nothing was recognised: the same words come to 0.1-0.3, others to 0.4-0.6."""


OFF_THE_DIAGONAL = 0.2
"""What it costs to hear a step of speech longer or shorter than it was made."""


class Pcm(Protocol):
    """Mono, 16 bits a sample."""

    @property
    def samples(self) -> bytes: ...

    @property
    def sample_rate(self) -> int: ...


@dataclass(frozen=True)
class Match:
    """`distance` a step, and the stretch of the heard sound that matched, in seconds from its start."""

    distance: float
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Verdict:
    """What was heard; `best` is None if nothing was near enough, or two candidates were equally near."""

    best: str | None
    matches: dict[str, Match]


def which(heard: Sound, candidates: Sequence[str], synthesise: Callable[[str], Pcm]) -> Verdict:
    """The candidate that was said somewhere in `heard`. `synthesise` is the agent's own voice."""
    rows = cepstra(heard)
    matches = {words: _subsequence(_reference(words, synthesise), rows) for words in candidates}
    nearest, *others = sorted(matches, key=lambda words: matches[words].distance)
    is_clear = not others or matches[others[0]].distance >= matches[nearest].distance * CLEAR_MARGIN
    is_near = matches[nearest].distance <= NEAR_ENOUGH
    return Verdict(best=nearest if is_clear and is_near else None, matches=matches)


def _reference(words: str, synthesise: Callable[[str], Pcm]) -> Cepstra:
    pcm = synthesise(words)
    return cepstra(trimmed(Sound.of_bytes(pcm.samples, pcm.sample_rate)))


def trimmed(sound: Sound) -> Sound:
    """Without the silence before and after."""
    step = int(sound.sample_rate * STEP_S)
    loudness = np.array([rms(sound.samples[at : at + step]) for at in range(0, len(sound.samples), step)])
    loud = np.flatnonzero(loudness > max(loudness.max(initial=0) * 0.02, 1.0))
    if not len(loud):
        return sound
    return Sound(sound.samples[loud[0] * step : (loud[-1] + 1) * step], sound.sample_rate)


def _subsequence(wanted: Cepstra, heard: Cepstra) -> Match:
    """The cheapest way to walk through all of `wanted` in some stretch of `heard`."""
    if not len(wanted) or not len(heard):
        return Match(float("inf"), 0.0, 0.0)
    costs = _distances(wanted, heard)
    total = costs[0].copy()
    began = np.arange(len(heard))
    for row in costs[1:]:
        total, began = _next_row(total, began, row)
    end = int(np.argmin(total))
    return Match(float(total[end] / len(wanted)), float(began[end] * STEP_S), float((end + 1) * STEP_S))


def _next_row(
    total: NDArray[np.float64], began: NDArray[np.int64], row: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """One step of `wanted`: it takes none, one or two steps of what was heard."""
    best, start = total + OFF_THE_DIAGONAL, began.copy()
    for taken, cost in ((1, 0.0), (2, OFF_THE_DIAGONAL)):
        so_far = total[:-taken] + cost
        is_better = so_far < best[taken:]
        best[taken:][is_better] = so_far[is_better]
        start[taken:][is_better] = began[:-taken][is_better]
    return best + row, start


def _distances(wanted: Cepstra, heard: Cepstra) -> NDArray[np.float64]:
    """How far each step of one is from each step of the other; two unlike sounds are about 1 apart."""
    squares = np.square(wanted).sum(1)[:, None] + np.square(heard).sum(1) - 2 * wanted @ heard.T
    distances: NDArray[np.float64] = np.sqrt(np.maximum(squares, 0) / (2 * wanted.shape[1]))
    return distances
