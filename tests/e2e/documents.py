"""Documents of a running stack: waiting for what they come to say, and editing them by hand as the console does."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx

from holdline.firestore import connect
from holdline.firestore.database import FirestoreDatabase
from holdline.knowledge import KnowledgeEntry, KnowledgeVersion, Source
from holdline.settings import FirestoreSettings
from holdline.store import Found, Query, R, Store

WITHIN_S = 45
"""Generous: a machine may be slow, and nothing is waited for once it is there."""


def database_of(stack: dict[str, Any]) -> FirestoreDatabase:
    return connect(
        FirestoreSettings(
            google_cloud_project=stack["project_id"], firestore_emulator_host=stack["firestore_emulator_host"]
        )
    )


async def awaited(
    store: Store, query: Query[R], wanted: Callable[[R], bool] = lambda _: True, *, within_s: float = WITHIN_S
) -> R:
    """The first document that is as wanted, as soon as it is; fails with what was there instead."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[R] = loop.create_future()
    seen: list[tuple[R, ...]] = []

    def on_state(state: Found[R]) -> None:
        loop.call_soon_threadsafe(look, state)

    def look(state: Found[R]) -> None:
        seen.append(state.records)
        record = next(filter(wanted, state.records), None)
        if record is not None and not found.done():
            found.set_result(record)

    watch = await asyncio.to_thread(store.watch, query, on_state)
    try:
        return await asyncio.wait_for(found, within_s)
    except TimeoutError:
        raise AssertionError(f"not within {within_s} s; last seen: {seen[-1:]}") from None
    finally:
        await asyncio.to_thread(watch.close)


class Console:
    """The Firebase console of an admin of one organisation: it edits fields and asks none of our servers."""

    def __init__(self, stack: dict[str, Any], org: str | None) -> None:
        documents = f"projects/{stack['project_id']}/databases/(default)/documents"
        self._root = f"http://{stack['firestore_emulator_host']}/v1/{documents}" + (f"/orgs/{org}" if org else "")

    def edit(self, collection: str, document_id: str, **fields: str | int) -> None:
        """Type new values into some fields, and leave the others alone."""
        typed = {
            name: {"integerValue": str(value)} if isinstance(value, int) else {"stringValue": value}
            for name, value in fields.items()
        }
        self._ask("PATCH", collection, document_id, params={"updateMask.fieldPaths": [*fields]}, json={"fields": typed})

    def read(self, collection: str, document_id: str) -> dict[str, Any]:
        """The fields as they stand, typed as Firestore's REST interface does."""
        fields: dict[str, Any] = self._ask("GET", collection, document_id).json()["fields"]
        return fields

    def delete(self, collection: str, document_id: str) -> None:
        self._ask("DELETE", collection, document_id)

    def _ask(self, verb: str, collection: str, document_id: str, **request: Any) -> httpx.Response:
        address = f"{self._root}/{collection}/{quote(document_id, safe='')}"
        reply = httpx.request(verb, address, headers={"Authorization": "Bearer owner"}, timeout=30, **request)
        return reply.raise_for_status()


def forget_learned(store: Store, console: Console) -> None:
    """Make the line know no more than on its first day."""
    for entry in store.find(Query(KnowledgeEntry, {"source": Source.learned})).records:
        console.delete(KnowledgeEntry.collection, entry.id)
        for version in store.find(Query(KnowledgeVersion, {"entry": entry.id})).records:
            console.delete(KnowledgeVersion.collection, version.id)
