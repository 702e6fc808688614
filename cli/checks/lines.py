"""Does every bound number lead to an organisation and a voice agent in force?"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial

from cli.checks.blocking import blocking
from cli.checks.check import Answer, Check, Fault, Fine, Subject
from holdline.config import in_force
from holdline.errors import InvalidDocument, NotFound
from holdline.people import Organisation, PhoneNumber
from holdline.records import Record
from holdline.redaction import masked
from holdline.store import Found, Query, R, Read, Store, Stored, Watch, Write
from holdline.voice_agent import VoiceAgent

MEND = "Begin what is missing (`holdline organisation`), or bind the number anew (`holdline number bind`)."
MOST_LINES = 50
"""More are not looked at: the check is bounded in time."""


async def bindings(subject: Subject) -> Answer:
    platform = subject.database().platform
    found = await blocking(lambda: platform.find(Query(PhoneNumber, limit=MOST_LINES + 1)))
    lines = found.records[:MOST_LINES]
    broken = [f"the document of {masked(error.path.rpartition('/')[2])} is invalid" for error in found.invalid]
    stores = {line.org: subject.database().for_org(line.org) for line in lines}
    told = await asyncio.gather(
        *(blocking(partial(_what_is_wrong, line, ReadOnly(stores[line.org]), at=subject.now())) for line in lines)
    )
    broken += [f"{masked(line.id)} {problem}" for line, problem in zip(lines, told, strict=True) if problem]
    if broken:
        return Fault("; ".join(broken), MEND)
    if not lines:
        return Fault("no number is bound, so nobody can call", "Bind one: `holdline number bind +1... --org --agent`.")
    count = "1 number leads" if len(lines) == 1 else f"{len(lines)} numbers lead"
    more = " (there are more, which were not looked at)" if len(found.records) > MOST_LINES else ""
    return Fine(f"{count} to a voice agent in force{more}")


def _what_is_wrong(line: PhoneNumber, store: Store, *, at: datetime) -> str | None:
    try:
        if store.get(Organisation, line.org) is None:
            return f"leads to organisation {line.org}, which does not exist"
        voice_agent, _ = in_force(store, VoiceAgent, line.voice_agent, at=at)
    except NotFound:
        return f"leads to voice agent {line.voice_agent} of {line.org}, which does not exist"
    except InvalidDocument as error:
        return f"leads to {error.path} of {line.org}, which is invalid ({', '.join(error.problems)})"
    return (
        None if voice_agent.active else f"leads to voice agent {line.voice_agent} of {line.org}, which is switched off"
    )


class ReadOnly:
    """A store that forgets what it is given: to see what a call would be given, without writing what a call writes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def org(self) -> str | None:
        return self._store.org

    def get(self, kind: type[R], document_id: str) -> Stored[R] | None:
        return self._store.get(kind, document_id)

    def get_all(self, *wanted: tuple[type[Record], str]) -> list[Read]:
        return self._store.get_all(*wanted)

    def find(self, query: Query[R]) -> Found[R]:
        return self._store.find(query)

    def commit(self, *writes: Write) -> None:
        """Nothing is written."""

    def watch(self, query: Query[R], on_state: Callable[[Found[R]], None]) -> Watch:
        return self._store.watch(query, on_state)


CHECKS = (Check("lines.bindings", "bound numbers", bindings, needs=("firestore.reads",)),)
