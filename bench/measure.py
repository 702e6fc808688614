"""What every bench shares: percentiles, bars, and the files that say what was measured, where, and under which load."""

import csv
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psutil

from local.checkout import ROOT

RESULTS = ROOT / "bench" / "results"
SHARES = (50, 95, 99)


@dataclass(frozen=True)
class Bar:
    """What a figure has to reach, such as `p95` at most 25; `at_least` turns it round."""

    statistic: str
    limit: float
    at_least: bool = False

    def is_reached(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{self.statistic} {'>=' if self.at_least else '<='} {self.limit:g}"


@dataclass
class Series:
    """Everything that was measured of one thing."""

    name: str
    unit: str = "ms"
    bar: Bar | None = None
    values: list[float] = field(default_factory=list)

    def add(self, value: float) -> None:
        self.values.append(value)

    @property
    def statistics(self) -> dict[str, float]:
        """Empty where nothing was measured."""
        if not self.values:
            return {}
        shares = {f"p{share}": float(np.percentile(self.values, share)) for share in SHARES}
        return {"mean": float(np.mean(self.values)), **shares, "max": max(self.values)}

    @property
    def verdict(self) -> str:
        """Whether the bar was reached; nothing where there is none."""
        if self.bar is None:
            return ""
        if not self.values:
            return "not measured"
        return "reached" if self.bar.is_reached(self.statistics[self.bar.statistic]) else "missed"


def figure(name: str, value: float, *, unit: str, bar: Bar | None = None) -> Series:
    """One number that is no distribution; a bar on it names `mean`."""
    return Series(name, unit, bar, [value])


class Report:
    """The figures of one bench; made before it begins, so that the load before it is known."""

    def __init__(self, name: str, *, command: str, folder: Path = RESULTS) -> None:
        self.name = name
        self._folder = folder
        self._facts = {
            "bench": name,
            "command": command,
            "machine": machine(),
            "commit": commit(),
            "begun_at": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
            "load_before": load(),
        }

    def write(self, series: Sequence[Series], *, notes: Sequence[str] = ()) -> Path:
        """The summary and, beside it, every sample; both say where and under which load they were taken."""
        facts = {**self._facts, "load_after": load()}
        facts |= {f"note_{n}": note for n, note in enumerate(notes, start=1)}
        self._folder.mkdir(exist_ok=True)
        summary = [
            [one.name, one.unit, len(one.values), *_shown(one.statistics), str(one.bar or ""), one.verdict]
            for one in series
        ]
        header = ["measure", "unit", "n", "mean", *(f"p{share}" for share in SHARES), "max", "bar", "verdict"]
        path = self._folder / f"{self.name}.csv"
        _write(path, facts, header, summary)
        samples = [[one.name, f"{value:.4g}"] for one in series for value in one.values]
        _write(self._folder / f"{self.name}.samples.csv", facts, ["measure", "value"], samples)
        print(f"{self.name}: {path.name}; load {facts['load_before']} before, {facts['load_after']} after")
        for row in summary:
            print("  " + "  ".join(str(cell) for cell in row))
        return path.with_suffix(".svg")


def machine() -> str:
    cores, memory = psutil.cpu_count(), psutil.virtual_memory().total / 2**30
    return (
        f"{platform.system()} {platform.machine()}, {cores} cores, {memory:.0f} GB, Python {platform.python_version()}"
    )


def load() -> str:
    """The load averages over 1 and 5 minutes; on a quiet machine the bench itself is in them."""
    one, five, _ = os.getloadavg()
    return f"{one:.2f} {five:.2f}"


def commit() -> str:
    """What is measured; `+` where the checkout differs from it."""

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603, S607

    is_changed = git("status", "--porcelain", "--untracked-files=no")
    return f"{git('rev-parse', '--short', 'HEAD') or 'unknown'}{'+' if is_changed else ''}"


def _shown(statistics: dict[str, float]) -> list[str]:
    return [f"{value:.4g}" for value in statistics.values()] or [""] * (len(SHARES) + 2)


def _write(path: Path, facts: dict[str, str], header: list[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="") as file:
        file.writelines(f"# {name}: {value}\n" for name, value in facts.items())
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)
