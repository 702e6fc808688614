"""Puts the results into docs/performance.md: `python -m bench.page`, after the benches. A test holds the two together.

Each table stands between `<!-- results: NAME -->` and `<!-- end -->`, and is made from bench/results/NAME.csv;
`bars` gathers from all of them what has a bar.
"""

import csv
import re
from pathlib import Path

from bench.measure import RESULTS
from local.checkout import ROOT

BARS = "bars"
PAGE = ROOT / "docs" / "performance.md"
_BLOCK = re.compile(r"(<!-- results: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_RIGHT, _LEFT = "--:", "---"


def table(path: Path) -> str:
    """The summary of one bench in Markdown, with where and under which load it was taken."""
    facts, header, rows = _read(path)
    notes = [text for name, text in facts.items() if name.startswith("note_")]
    told = [
        f"`{facts['command']}` on {facts['machine']}, commit {facts['commit']}, {facts['begun_at']}.",
        f"Load (1 and 5 minutes) {facts['load_before']} before, {facts['load_after']} after.",
        *(f"{note[0].upper()}{note[1:]}." for note in notes),
    ]
    aligned = [_LEFT if name in ("measure", "unit", "bar", "verdict") else _RIGHT for name in header]
    cells = [header, aligned, *([cell.replace("|", "/") for cell in row] for row in rows)]
    picture = f"![{path.stem}](../bench/results/{path.stem}.svg)\n\n" if path.with_suffix(".svg").exists() else ""
    return f"\n{' '.join(told)}\n\n{_rows(cells)}\n{picture}"


def bars(results: Path) -> str:
    """Every figure that has a bar, of all benches."""
    cells = [["bench", "measure", "bar", "measured", "load before", ""], [_LEFT, _LEFT, _LEFT, _RIGHT, _RIGHT, _LEFT]]
    for path in sorted(results.glob("*.csv")):
        if path.name.endswith(".samples.csv"):
            continue
        facts, header, rows = _read(path)
        for row in (dict(zip(header, row, strict=True)) for row in rows if "bar" in header):
            if row["bar"]:
                measured = f"{row[row['bar'].split()[0]] or '-'} {row['unit']}".strip()
                cells.append(
                    [path.stem, row["measure"], row["bar"], measured, facts["load_before"].split()[0], row["verdict"]]
                )
    return f"\n{_rows(cells)}\n"


def filled(page: str, results: Path = RESULTS) -> str:
    """The page with the tables of those benches that have results; the others stay as they are."""

    def block(found: re.Match[str]) -> str:
        if found[2] == BARS:
            return f"{found[1]}{bars(results)}{found[3]}"
        path = results / f"{found[2]}.csv"
        return f"{found[1]}{table(path)}{found[3]}" if path.exists() else found[0]

    return _BLOCK.sub(block, page)


def _read(path: Path) -> tuple[dict[str, str], list[str], list[list[str]]]:
    lines = path.read_text().splitlines()
    facts = dict(line[2:].split(": ", 1) for line in lines if line.startswith("# "))
    header, *rows = csv.reader(line for line in lines if not line.startswith("# "))
    return facts, header, rows


def _rows(cells: list[list[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)


def main() -> None:
    PAGE.write_text(filled(PAGE.read_text()))


if __name__ == "__main__":
    main()
