"""After a run: no log of ours holds a number, a token, a secret, an address or a sentence that the tests used.

In scope is what our programs write: the log of each part of a stack that ran meanwhile, what test processes captured
into `*.log` below pytest's temporary folder, and every record that our modules logged inside the tests. LiveKit's
server and the emulators, which are not ours, keep logs of their own beside them. A find fails the run.
"""

import ast
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from holdline.logs import AsJson
from local.checkout import CACHE, ROOT
from local.recordings import words_of_files

OUR_PARTS = ("worker", "functions", "dashboard")
OUR_MODULES = ("holdline", "agent", "functions", "dashboard")
SHAPES = {
    "number": r"(?:\+|%2B)[1-9]\d{7,14}(?!\d)",
    "token": r"\beyJ[\w-]{8,}\.[\w-]{8,}",
    "e-mail address": r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}",
    "query string with a token": r"\b(?:access_token|token|api_key|key)=(?!<)[\w%.-]{6,}",
}
SENTENCE_FROM_WORDS = 4
SENTENCE = re.compile(r"[A-Za-z][A-Za-z0-9' ,.?!]+")
SPOKEN_IN = ("tests/e2e/**/test_*.py", "tests/e2e/**/conftest.py", "tests/wire/test_*.py", "tests/wire/models.py")
"""A sentence in quotes there is what a caller or a supervisor says, or else it is our own words, read on a page."""


class Scanner:
    """Knows the canaries. Tells of what kind each one in a line is, and never which."""

    def __init__(self, *, sentences: Iterable[str], secrets: Iterable[str] = ()) -> None:
        self._shapes = {kind: re.compile(shape) for kind, shape in SHAPES.items()}
        self._secrets = tuple(secret for secret in secrets if len(secret) >= 8)
        plain = {_plain(sentence).strip() for sentence in sentences}
        said = sorted(sentence for sentence in plain if len(sentence.split()) >= SENTENCE_FROM_WORDS)
        self._said = re.compile("|".join(map(re.escape, said)) or r"(?!)")

    def kinds_in(self, line: str) -> list[str]:
        found = [kind for kind, shape in self._shapes.items() if shape.search(line)]
        if any(secret in line for secret in self._secrets):
            found.append("secret")
        if self._said.search(_plain(line)):
            found.append("sentence that somebody said")
        return found


@dataclass(frozen=True)
class Place:
    """A file of which the first `skip` bytes are older than the run."""

    path: Path
    skip: int = 0
    is_ours: Callable[[str], bool] = lambda _: True


def finds(places: Iterable[Place], scanner: Scanner) -> Iterator[str]:
    for place in places:
        with place.path.open("rb") as file:
            old = file.read(place.skip).count(b"\n") if place.skip <= place.path.stat().st_size else 0
            if not old:
                file.seek(0)
            for number, line in enumerate(file.read().decode(errors="replace").splitlines(), start=old + 1):
                for kind in scanner.kinds_in(line) if place.is_ours(line) else ():
                    yield f"{place.path}:{number}: {kind}"


def sentences_in(source: str) -> Iterator[str]:
    """The strings of a test module that somebody could say; its docstrings are not among them."""
    tree = ast.parse(source)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)) or id(node) in prose:
            continue
        if SENTENCE.fullmatch(node.value) and len(node.value.split()) >= SENTENCE_FROM_WORDS:
            yield node.value


class Records(logging.Handler):
    """Looks at each record as it is logged: at ours as they were meant, at everybody's as they would be written."""

    def __init__(self, scanner: Scanner) -> None:
        super().__init__()
        self._scanner = scanner
        self._as_written = AsJson("test")
        self.finds: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        texts = [self._as_written.format(record)]
        if record.name.partition(".")[0] in OUR_MODULES:
            texts.append(record.getMessage())
        for text in texts:
            self.finds |= {f"{record.pathname}:{record.lineno}: {kind}" for kind in self._scanner.kinds_in(text)}


@cache
def known_scanner() -> Scanner:
    """Of everything that the tests of whole stacks use, and of this checkout's own keys."""
    sentences = list(words_of_files().values())
    our_own_words = _plain("\n".join(path.read_text() for path in _sources()))
    for modules in SPOKEN_IN:
        for module in sorted(ROOT.glob(modules)):
            said = sentences_in(module.read_text())
            sentences += [sentence for sentence in said if _plain(sentence) not in our_own_words]
    keys = CACHE / "keys.json"
    secrets = [str(value) for value in json.loads(keys.read_text()).values()] if keys.exists() else []
    return Scanner(sentences=sentences, secrets=secrets)


def _sources() -> list[Path]:
    found = [path for package in OUR_MODULES for path in sorted((ROOT / package).rglob("*"))]
    return [path for path in found if path.suffix in (".py", ".md", ".html", ".js") and "vendor" not in path.parts]


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9']+", text.lower()))


def _stack_logs() -> list[Path]:
    return [log for part in OUR_PARTS for log in sorted((CACHE / "run").glob(f"*/log/{part}.log"))]


def is_of_a_part(line: str) -> bool:
    """What a stack's launcher shows under a part's name; the rest it says itself, such as how to sign in."""
    return line.partition("|")[0].strip() in OUR_PARTS


class LogScan:
    def __init__(self) -> None:
        self.records = Records(known_scanner())
        self._sizes = {log: log.stat().st_size for log in _stack_logs()}
        self._finds: list[str] = []

    @pytest.hookimpl
    def pytest_sessionstart(self) -> None:
        logging.getLogger().addHandler(self.records)
        for name in OUR_MODULES:
            logging.getLogger(name).setLevel(logging.DEBUG)

    @pytest.hookimpl
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        logging.getLogger().removeHandler(self.records)
        places = [Place(log, self._sizes.get(log, 0)) for log in _stack_logs() if _grew(log, self._sizes)]
        base = getattr(getattr(session.config, "_tmp_path_factory", None), "_basetemp", None)
        for log in sorted(base.rglob("*.log")) if base is not None else ():
            by_a_launcher = log.stem.isdigit()  # named after the stack's port base
            places.append(Place(log, is_ours=is_of_a_part) if by_a_launcher else Place(log))
        self._finds = sorted({*finds(places, known_scanner()), *self.records.finds})
        if self._finds and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._finds:
            terminalreporter.section("what no log may hold", red=True)
            for find in self._finds:
                terminalreporter.write_line(find, red=True)


def _grew(log: Path, sizes: dict[Path, int]) -> bool:
    return log.stat().st_size != sizes.get(log, 0)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(LogScan(), "holdline-log-scan")
