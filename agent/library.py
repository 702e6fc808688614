"""Where one machine keeps the indexes of its organisations for all its calls: a private folder, which jobs only read.

`librarian.py` keeps it. What stands here is trusted for as long as it is attended: an index that nobody confirmed in
the last seconds is left alone, and the call reads the documents itself. An organisation's folder has a name made of its
id, and says whose it is.
"""

import hashlib
import json
import logging
import os
import stat
import tempfile
import time
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ValidationError

import holdline.knowledge
from holdline.knowledge import KnowledgeEntry, KnowledgeIndex
from holdline.knowledge.files import BrokenFiles, read
from holdline.settings import FirestoreSettings

log = logging.getLogger(__name__)

FRESH_S = 5.0
"""So long a confirmation counts. It is given every second while the watch of the organisation's entries lives."""
CURRENT = "current.json"
WANTED = "wanted"
ATTENDED = "attended"


class Current(BaseModel):
    """What holds now: the files of a base, and what changed since they were built."""

    org: str
    base: str
    put: tuple[KnowledgeEntry, ...] = ()
    gone: tuple[str, ...] = ()


class Library:
    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def of(cls, settings: FirestoreSettings) -> "Library":
        """The one of this machine, for this database and this version of the code."""
        database = f"{settings.google_cloud_project} {settings.firestore_emulator_host} {_code()}"
        folder = f"holdline-{os.getuid()}"
        return cls(Path(tempfile.gettempdir()) / folder / hashlib.sha256(database.encode()).hexdigest()[:24])

    def folder_of(self, org: str) -> Path:
        return self.root / hashlib.sha256(org.encode()).hexdigest()[:32]

    def is_attended(self) -> bool:
        """Whether somebody is there who builds what is wanted."""
        return _is_fresh(self.root / ATTENDED) and is_private(self.root.parent) and is_private(self.root)

    def want(self, org: str) -> None:
        """Have this organisation's index kept from now on."""
        folder = self.folder_of(org)
        folder.mkdir(mode=0o700, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=folder)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(org)
        os.replace(temporary, folder / WANTED)

    def keeps(self, org: str) -> bool:
        """Whether the organisation's index is at hand, confirmed just now; from now on it is wanted."""
        try:
            if not self.is_attended():
                return False
            self.want(org)
            return _is_fresh(self.folder_of(org) / CURRENT)
        except OSError as error:  # the folder of a machine is a help, and no call depends on it
            log.warning("the index of %s is not kept: %s", org, error)
            return False

    def index_of(self, org: str) -> KnowledgeIndex | None:
        """The organisation's index as it is now, or None where none is at hand that can be trusted."""
        if not self.keeps(org):
            return None
        try:
            # A base may be replaced between its being named and its being read.
            return self._read(org) or self._read(org, is_last=True)
        except OSError as error:
            log.warning("the index of %s is not read: %s", org, error)
            return None

    def _read(self, org: str, *, is_last: bool = False) -> KnowledgeIndex | None:
        path = self.folder_of(org) / CURRENT
        if not _is_fresh(path):
            return None
        try:
            current = Current.model_validate_json(path.read_bytes())
            if current.org != org or "/" in current.base:
                raise BrokenFiles(f"{path} is not this organisation's")
            index = KnowledgeIndex.of(read(path.parent / current.base))
            return index.changed(current.put, gone=current.gone) if current.put or current.gone else index
        except (BrokenFiles, ValidationError, json.JSONDecodeError) as error:
            if is_last:
                log.warning("the index of %s is broken, and will be built again: %s", org, type(error).__name__)
                path.unlink(missing_ok=True)
            return None


def private(folder: Path) -> Path:
    """Make a folder that nobody else may enter; raises OSError where somebody else made it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if not is_private(folder):
        raise PermissionError(f"{folder} belongs to somebody else, or is open to others: delete it")
    return folder


def is_private(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def _is_fresh(path: Path) -> bool:
    try:
        return abs(time.time() - path.stat().st_mtime) <= FRESH_S
    except FileNotFoundError:
        return False


@cache
def _code() -> str:
    """What indexes are made by: another version of it may make others."""
    sources = sorted(Path(holdline.knowledge.__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
