"""An index as files in a folder, which many processes map into memory instead of building it each for itself.

Rows are JSON and are read where they lie, only those that a look-up meets; the tables are small. A file that is not as
it was written is found out when the folder is opened. Who may replace a folder, and when, does not belong here.
"""

import json
import mmap
import os
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar, overload

import numpy as np
import numpy.typing as npt
from pydantic_core import from_json

from holdline.knowledge.entry import KnowledgeEntry
from holdline.knowledge.hearing import Vocabulary
from holdline.knowledge.matching import Said
from holdline.knowledge.mood import Mood
from holdline.knowledge.parts import Parts

T = TypeVar("T")

ARRAYS = ("sizes", "entry_of", "until", "is_public")


class BrokenFiles(Exception):
    """The folder holds no index, or not the one that was written."""


def write(parts: Parts, folder: Path) -> None:
    """Into an empty folder; raises OSError."""
    lengths = [len(numbers) for numbers in parts.postings.values()]
    tables = {
        "vocabulary": parts.vocabulary.written(),
        "number_of": parts.number_of,
        "seen": parts.seen,
        "postings": dict(zip(parts.postings, lengths, strict=True)),
        "private_of": parts.private_of,
    }
    (folder / "tables.json").write_text(json.dumps(tables), encoding="utf-8")
    for name in ARRAYS:
        np.save(folder / f"{name}.npy", getattr(parts, name))
    np.save(folder / "postings.npy", np.concatenate([np.zeros(0, dtype=np.int64), *parts.postings.values()]))
    _write_rows(folder, "entries", (entry.model_dump_json() for entry in parts.entries))
    _write_rows(folder, "keys", (json.dumps(list(keys)) for keys in parts.keys_of))
    _write_rows(folder, "said", (json.dumps([s.entry, s.weights, s.sounds, s.sounding, s.mood]) for s in parts.said))
    sums = {path.name: _sum(path) for path in sorted(folder.iterdir())}
    (folder / "sums.json").write_text(json.dumps(sums), encoding="utf-8")


def read(folder: Path) -> Parts:
    """The parts, as they were; the folder may be deleted from then on. Raises BrokenFiles."""
    try:
        sums: dict[str, int] = json.loads((folder / "sums.json").read_bytes())
        if not all(_sum(folder / name) == was for name, was in sums.items()):
            raise BrokenFiles(f"{folder.name} is not as it was written")
        tables = from_json((folder / "tables.json").read_bytes())
        arrays = {name: _array(folder, name) for name in (*ARRAYS, "postings")}
        rows = {name: _mapped(folder, name) for name in ("entries", "keys", "said")}
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise BrokenFiles(f"{folder.name}: {type(error).__name__}") from error
    postings, at = {}, 0
    for key, length in tables["postings"].items():
        postings[key] = arrays["postings"][at : at + length]
        at += length
    return Parts(
        entries=Rows(*rows["entries"], KnowledgeEntry.model_validate_json),
        number_of=tables["number_of"],
        keys_of=Rows(*rows["keys"], lambda line: frozenset(from_json(line))),
        said=Rows(*rows["said"], _said),
        vocabulary=Vocabulary.read(tables["vocabulary"]),
        seen=tables["seen"],
        postings=postings,
        private_of=tables["private_of"],
        **{name: arrays[name] for name in ARRAYS},
    )


class Rows(Sequence[T]):
    """Read one at a time, where they lie."""

    def __init__(self, lines: mmap.mmap | bytes, ends: npt.NDArray[Any], row: Callable[[bytes], T]) -> None:
        self._lines, self._ends, self._row = lines, ends, row

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        return self._row(self._lines[int(self._ends[at - 1]) if at else 0 : int(self._ends[at])])


def _said(line: bytes) -> Said:
    entry, weights, sounds, sounding, mood = from_json(line)
    return Said(entry, weights, sounds, sounding, Mood(mood))


def _write_rows(folder: Path, name: str, rows: Iterable[str]) -> None:
    lines = [row.encode() for row in rows]
    (folder / f"{name}.jsonl").write_bytes(b"".join(lines))
    np.save(folder / f"{name}.npy", np.cumsum([len(line) for line in lines], dtype=np.int64))


def _mapped(folder: Path, name: str) -> tuple[mmap.mmap | bytes, npt.NDArray[Any]]:
    ends = _array(folder, name)
    with (folder / f"{name}.jsonl").open("rb") as file:
        return (mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if len(ends) else b""), ends


def _array(folder: Path, name: str) -> npt.NDArray[Any]:
    path = folder / f"{name}.npy"
    found = np.load(path, mmap_mode="r", allow_pickle=False) if path.stat().st_size > 128 else np.load(path)
    return found.view(np.ndarray)  # type: ignore[no-any-return]


def _sum(path: Path) -> int:
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return 0
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            return zlib.crc32(mapped)
