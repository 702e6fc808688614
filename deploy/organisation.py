"""A new organisation from one file: its document, voice agents, first knowledge and people.

What is missing is written and what is there is left alone: from its first day on, an organisation's documents are
edited where they lie. People get an account with their role in it, which is what decides what they may do; a role
alone is changed here, because the account and the person's document have to say the same.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from holdline.errors import AlreadyExists, HoldlineError, InvalidDocument
from holdline.knowledge.entry import KnowledgeEntry
from holdline.people import Organisation, Person, Role
from holdline.records import Id, Record, Value
from holdline.store import Create, R, Store, change, must_get
from holdline.voice_agent import VoiceAgent

EXAMPLE = "deploy/organisation.example.toml"


class NotReadable(HoldlineError):
    """What is wrong with the file, where, and what is allowed there."""


class NotAdmitted(HoldlineError):
    """Why somebody cannot be given a role."""


class Accounts(Protocol):
    """Who may sign in. The adapter is `deploy.firebase_accounts`."""

    def admit(self, email: str, name: str, *, org: str, role: Role) -> tuple[str, str | None]:
        """Give the account of this address the role; its uid, and where a new one chooses a password.

        Raises NotAdmitted where it belongs to another organisation, or cannot be reached.
        """
        ...


class _File(BaseModel):
    """The shape of the file; what stands in each part is checked by its own record."""

    model_config = ConfigDict(extra="forbid")

    id: Id
    organisation: dict[str, Any]
    voice_agents: dict[str, dict[str, Any]]
    people: list[dict[str, Any]] = []
    knowledge: dict[str, dict[str, Any]] = {}


@dataclass(frozen=True)
class Described:
    organisation: Organisation
    voice_agents: tuple[VoiceAgent, ...]
    people: tuple[Person, ...]
    """Under their addresses, until they have an account."""
    knowledge: tuple[KnowledgeEntry, ...]
    on_duty: str | None = None
    """The address of one of the people; the document gets their account's id."""


def read(path: Path, *, at: datetime) -> Described:
    """What the file describes, checked to its last field; raises NotReadable."""
    try:
        file = _File.model_validate(tomllib.loads(path.read_text()))
    except OSError as error:
        raise NotReadable(f"{path} cannot be read: {error.strerror}. Begin with a copy of {EXAMPLE}.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise NotReadable(f"{path} is no TOML: {error}. {EXAMPLE} shows how it is written.") from None
    except ValidationError as error:
        problems = (f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors())
        raise NotReadable(f"{path}: {'; '.join(problems)}. {EXAMPLE} shows every part.") from None
    if not file.voice_agents:
        raise NotReadable(f"{path}: voice_agents: there is none, and somebody has to answer. {EXAMPLE} shows one.")
    addresses = Counter(str(fields.get("email")).lower() for fields in file.people if "email" in fields)
    if twice := sorted(address for address, times in addresses.items() if times > 1):
        raise NotReadable(f"{path}: people: {', '.join(twice)} stands there twice, and an account has one role.")
    organisation = {name: value for name, value in file.organisation.items() if name != "on_duty"}
    try:
        described = Described(
            organisation=_checked(Organisation, file.id, organisation),
            voice_agents=tuple(_checked(VoiceAgent, name, fields) for name, fields in file.voice_agents.items()),
            people=tuple(_checked(Person, str(fields.get("email")), fields) for fields in file.people),
            knowledge=tuple(
                _checked(KnowledgeEntry, name, {**fields, "updated_at": at}) for name, fields in file.knowledge.items()
            ),
        )
        return replace(described, on_duty=_on_duty(file.organisation.get("on_duty"), described.people))
    except (InvalidDocument, NotReadable) as error:
        raise NotReadable(f"{path}: {error}") from None


def write(described: Described, store: Store, accounts: Accounts) -> Iterator[str]:
    """Write what is missing, and people's roles, telling each; safe to repeat. Raises NotAdmitted, StoreError."""
    organisation = described.organisation
    for person in described.people:
        uid, link = accounts.admit(person.email, person.name, org=organisation.id, role=person.role)
        if person.email == described.on_duty:
            organisation = organisation.model_copy(update={"on_duty": uid})
        yield _written(store, person.model_copy(update={"id": uid}))
        if _is_new_role(store, uid, person.role):
            yield f"{person.email} is {person.role} from now on"
        if link is not None:
            yield f"{person.email} chooses a password at {link}"
    for record in (organisation, *described.voice_agents, *described.knowledge):
        yield _written(store, record)


def _on_duty(address: Any, people: Sequence[Person]) -> str | None:
    """As the person's own address is written; raises NotReadable."""
    if address is None:
        return None
    named = next((person for person in people if person.email.lower() == str(address).lower()), None)
    if named is None:
        there = ", ".join(person.email for person in people) or "nobody"
        raise NotReadable(f"organisation: on_duty: {address} is none of the people; there are {there}.")
    if named.phone is None:
        raise NotReadable(
            f'organisation: on_duty: {named.email} has no phone to be texted on; add one, as phone = "+15555550144".'
        )
    return named.email


def _written(store: Store, record: Record) -> str:
    where = f"{record.collection}/{record.id}"
    try:
        store.commit(Create(record))
    except AlreadyExists:
        return f"{where} is there already, and stays as it is"
    return f"{where} written"


def _is_new_role(store: Store, uid: str, role: Role) -> bool:
    """Have the person's document say the role that the account has; whether it said another."""
    is_new = must_get(store, Person, uid).record.role is not role
    if is_new:
        change(store, Person, uid, lambda person: person.model_copy(update={"role": role}))
    return is_new


def _checked(kind: type[R], document_id: str, fields: Mapping[str, Any]) -> R:
    """As a document is read, but that a field which nobody knows is a slip of the pen; raises InvalidDocument."""
    if slips := _slips(kind, fields):
        raise InvalidDocument(f"{kind.collection}/{document_id}", slips)
    return kind.from_document(document_id, fields)


def _slips(kind: type[BaseModel], fields: Mapping[str, Any]) -> dict[str, str]:
    """Which fields there are none of, in the parts of a document too."""
    known = kind.model_fields.keys() - {"id", "problem"}
    slips = {name: f"there is no such field; there are {', '.join(sorted(known))}" for name in fields.keys() - known}
    for name in fields.keys() & known:
        part, value = kind.model_fields[name].annotation, fields[name]
        if isinstance(part, type) and issubclass(part, Value) and isinstance(value, Mapping):
            slips |= {f"{name}.{inner}": problem for inner, problem in _slips(part, value).items()}
    return slips
