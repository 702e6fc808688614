"""What the benches write: the figures, whether they reach their bar, and the page that shows them."""

import statistics
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench import plot
from bench.knowledge import median_at_most
from bench.measure import Bar, Report, Series, figure
from bench.page import PAGE, filled


def of(*values: float, bar: Bar | None = None) -> Series:
    return Series("an answer", bar=bar, values=list(values))


def test_half_are_at_most_the_median_and_one_in_twenty_beyond_the_ninety_fifth() -> None:
    statistics = of(*range(101)).statistics
    assert (statistics["p50"], statistics["p95"], statistics["p99"], statistics["max"]) == (50, 95, 99, 100)


@pytest.mark.parametrize(
    ("bar", "verdict"),
    [
        (Bar("p95", 25), "reached"),
        (Bar("p95", 24.9), "missed"),
        (Bar("mean", 25, at_least=True), "reached"),
        (Bar("mean", 25.1, at_least=True), "missed"),
        (None, ""),
    ],
)
def test_a_figure_is_held_to_its_bar(bar: Bar | None, verdict: str) -> None:
    assert of(25, 25, bar=bar).verdict == verdict


def test_what_was_not_measured_reaches_no_bar() -> None:
    assert of(bar=Bar("p95", 25)).verdict == "not measured"


def test_two_medians_of_the_same_thing_are_told_apart_by_no_more_than_chance() -> None:
    values = [float(n) for n in range(1, 101)]
    assert statistics.median(values) < median_at_most(values) == 60
    assert median_at_most([7.0, 3.0]) == 7


def test_every_file_says_by_what_where_and_under_which_load_it_was_made(tmp_path: Path) -> None:
    report = Report("race", command="python -m bench.race", folder=tmp_path)
    report.write([of(1, 2, bar=Bar("p95", 25)), figure("calls", 8, unit="calls")], notes=["a quiet night"])
    for file in ("race.csv", "race.samples.csv"):
        facts = [line for line in (tmp_path / file).read_text().splitlines() if line.startswith("# ")]
        assert [fact.split(":")[0] for fact in facts] == [
            "# bench",
            "# command",
            "# machine",
            "# commit",
            "# begun_at",
            "# load_before",
            "# load_after",
            "# note_1",
        ]


def test_the_pictures_are_well_formed_whatever_a_series_is_called(tmp_path: Path) -> None:
    series = [Series("<ours> & theirs", values=[0.0, 3.0]), Series("none")]
    plot.distributions(tmp_path / "shares.svg", title="a < b", series=series)
    plot.curves(tmp_path / "curve.svg", title="a & b", along="calls", lines={"x": [(1, 2.0), (2, 9.5)]}, unit="ms")
    for name in ("shares.svg", "curve.svg"):
        assert ElementTree.parse(tmp_path / name).getroot().tag.endswith("svg")  # noqa: S314 - we wrote it


def test_a_page_gets_the_tables_that_there_are_results_for(tmp_path: Path) -> None:
    Report("race", command="python -m bench.race", folder=tmp_path).write([of(1, 3, bar=Bar("p95", 25))])
    page = "Before\n<!-- results: race -->\nold\n<!-- end -->\n<!-- results: other -->\nkept\n<!-- end -->\n"
    shown = filled(page, tmp_path)
    assert "| an answer | ms | 2 | 2 |" in shown
    assert "old" not in shown
    assert "kept" in shown
    assert filled(shown, tmp_path) == shown


def test_the_page_of_figures_says_what_the_results_say() -> None:
    page = PAGE.read_text()
    assert filled(page) == page, "run `python -m bench.page` after a bench"
