"""Lines that somebody pipes into the console, and what it wrote in between."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC

import pytest

from holdline.call import Call, Speaker, Turn
from holdline.front_end import Line
from holdline.help_request import HelpRequest
from holdline.knowledge import KnowledgeEntry, Source
from holdline.memory_store import MemoryDatabase
from holdline.people import PersonRef
from holdline.settings import WorkerSettings
from holdline.store import Query, must_get
from local.console.ring import ring
from local.demo import write_documents
from tests.builders import NOW, later

CALL = "console-1"
SALON = Line("luxe-beauty-salon", "front-desk")


class Piped:
    """A terminal that types what it was given, and remembers what was written."""

    is_scripted = True
    in_colour = False

    def __init__(self, lines: tuple[str, ...]) -> None:
        self._lines = lines
        self.written: list[str] = []
        self.taken = 0

    def write(self, text: str) -> None:
        self.written += text.splitlines()

    async def lines(self) -> AsyncIterator[str]:
        for line in self._lines:
            self.taken += 1
            self.written.append(f"<<< {line}")
            yield line + "\n"

    def close(self) -> None: ...


class Script:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY", "LLM_BASE_URL", "LLM_MODEL"):
            monkeypatch.delenv(name, raising=False)
        here = ("google_cloud_project", "livekit_url", "livekit_api_key", "livekit_api_secret")
        self._settings = WorkerSettings.model_validate(dict.fromkeys(here, "none"))
        self.database = MemoryDatabase()
        write_documents(self.database, at=NOW)
        self.store = self.database.for_org(SALON.org)
        self.terminal = Piped(())

    async def run(self, *lines: str, line: Line = SALON, wait_s: float = 10) -> list[str]:
        """Everything that was written, with the lines that were typed."""
        loop = asyncio.get_running_loop()
        self.terminal = Piped(lines)
        await ring(
            self.database,
            line,
            self.terminal,
            settings=self._settings,
            is_spoken=False,
            by=PersonRef(uid="console-ana", name="Ana"),
            call_id=CALL,
            learns=True,
            wait_s=wait_s,
            clock=lambda: later(loop.time()).astimezone(UTC),
        )
        return self.terminal.written

    def shown(self, label: str) -> list[str]:
        """What stands behind a label, without it."""
        return [text.removeprefix(label).strip() for text in self.terminal.written if text.startswith(label)]

    def after(self, typed: str) -> list[str]:
        """What was written between this line and the next, or the end of the call."""
        written = self.terminal.written[:-2]
        rest = written[written.index(f"<<< {typed}") + 1 :]
        return rest[: next((n for n, text in enumerate(rest) if text.startswith("<<<")), len(rest))]

    @property
    def call(self) -> Call:
        return must_get(self.store, Call, CALL).record

    @property
    def requests(self) -> tuple[HelpRequest, ...]:
        return tuple(sorted(self.store.find(Query(HelpRequest)).records, key=lambda one: one.asked_at))

    def said(self, who: Speaker) -> list[str]:
        return [turn.text for turn in self.store.find(Query(Turn)).records if turn.who is who]

    @property
    def learned(self) -> tuple[KnowledgeEntry, ...]:
        return self.store.find(Query(KnowledgeEntry, {"source": Source.learned})).records
