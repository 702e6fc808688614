"""The programs that are neither ours nor a runtime: firebase-tools, the Firestore emulator, LiveKit server.

Each is fetched or built once, at a pinned version, below CACHE; a half-made one is never taken for a whole one.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.checkout import CACHE, ROOT, CannotStart
from local.runtimes import GO, Progress, provide

_LIVEKIT_COMMAND = "github.com/livekit/livekit-server/cmd/server"
_EMULATOR_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
_EMULATOR_HELP = (
    "The Firestore emulator cannot be had: install Google Cloud's `cloud-firestore-emulator` component (Debian: the "
    "package google-cloud-cli-firestore-emulator), or name its jar in FIRESTORE_EMULATOR_JAR."
)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two first starts in one checkout prepare one after the other; the lock goes away with its process."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "prepare.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def firebase_tools(node: Path, progress: Progress) -> Path:
    """The firebase command's script, to be run by `node`."""
    pins = ROOT / "local" / "firebase"
    lock = (pins / "package-lock.json").read_bytes()
    home = CACHE / f"firebase-tools-{hashlib.sha256(lock).hexdigest()[:12]}"
    script = home / "node_modules" / "firebase-tools" / "lib" / "bin" / "firebase.js"
    if script.exists():
        return script
    progress("installing the Firebase emulators (firebase-tools), once")
    with _made_whole(home) as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(pins / name, folder)
        _run(
            [*_npm(node), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=folder,
            env={**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"},
            sorry="firebase-tools could not be installed from npm: check the network and start again.",
        )
    return script


def firestore_emulator(node: Path, firebase: Path, progress: Progress) -> Path:
    """The Firestore emulator's jar: named by the user, downloaded before, part of gcloud, or downloaded now."""
    if named := os.environ.get("FIRESTORE_EMULATOR_JAR"):
        if not Path(named).is_file():
            raise CannotStart(f"FIRESTORE_EMULATOR_JAR names {named}, which is not a file.")
        return Path(named)
    if jar := _downloaded_jar() or _gcloud_jar():
        return jar
    progress("downloading the Firestore emulator, once")
    _run(
        [str(node), str(firebase), "setup:emulators:firestore"],
        cwd=CACHE,
        env={**os.environ, "CI": "1"},
        sorry=_EMULATOR_HELP,
    )
    jar = _downloaded_jar()
    if jar is None:
        raise CannotStart(_EMULATOR_HELP)
    return jar


def firestore_command(java: Path, jar: Path) -> list[str]:
    """How the jar is started: firebase-tools' says itself what to run, gcloud's does not."""
    with zipfile.ZipFile(jar) as archive:
        says_what_to_run = b"Main-Class:" in archive.read("META-INF/MANIFEST.MF")
    run = ["-jar", str(jar)] if says_what_to_run else ["-cp", str(jar), _EMULATOR_CLASS]
    return [str(java), "-Xmx512m", *run]


def livekit_server(progress: Progress) -> Path:
    """LiveKit server, built from the pinned Go module."""
    module = ROOT / "local" / "livekit"
    found = re.search(r"livekit-server (v\S+)", (module / "go.mod").read_text())
    if found is None:
        raise CannotStart("local/livekit/go.mod does not require livekit-server.")
    program = CACHE / "bin" / f"livekit-server-{found.group(1)}"
    if program.exists():
        return program
    go = provide(GO, progress)
    progress(f"building LiveKit server {found.group(1)}, once: about three minutes on two cores")
    program.parent.mkdir(parents=True, exist_ok=True)
    half_made = program.with_suffix(".building")
    _run(
        [str(go), "build", "-trimpath", "-ldflags", "-s -w", "-o", str(half_made), _LIVEKIT_COMMAND],
        cwd=module,
        env={**os.environ, "GOENV": "off", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0"},
        sorry="LiveKit server could not be built: check that Go modules can be downloaded, and start again.",
    )
    half_made.rename(program)
    return program


def _npm(node: Path) -> list[str]:
    """npm as `node` runs it: the packaged node has npm's scripts beside it, that of PATH has npm on PATH."""
    beside = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if beside.exists():
        return [str(node), str(beside)]
    return [shutil.which("npm") or "npm"]


def _downloaded_jar() -> Path | None:
    folder = Path(os.environ.get("FIREBASE_EMULATORS_PATH", Path.home() / ".cache" / "firebase" / "emulators"))
    jars = sorted(folder.glob("cloud-firestore-emulator-v*.jar"), key=lambda jar: jar.stat().st_mtime)
    return jars[-1] if jars else None


def _gcloud_jar() -> Path | None:
    # bin/gcloud lies in the SDK's root, or is a link into it; asking gcloud itself costs seconds.
    gcloud = shutil.which("gcloud")
    roots = [Path(gcloud).resolve().parent.parent] if gcloud else []
    roots += [Path("/usr/lib/google-cloud-sdk"), Path("/opt/google-cloud-sdk"), Path.home() / "google-cloud-sdk"]
    jars = [root / "platform" / "cloud-firestore-emulator" / "cloud-firestore-emulator.jar" for root in roots]
    return next((jar for jar in jars if jar.is_file()), None)


@contextmanager
def _made_whole(home: Path) -> Iterator[Path]:
    """A folder that gets its name only when its making went well."""
    CACHE.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=CACHE, prefix="making-"))
    try:
        yield folder
        folder.rename(home)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str], *, cwd: Path, env: dict[str, str], sorry: str) -> None:
    """Run to the end with its output shown; raises CannotStart with our one sentence."""
    try:
        subprocess.run(command, cwd=cwd, env=env, check=True)  # noqa: S603 - our own commands
    except (OSError, subprocess.CalledProcessError):
        raise CannotStart(sorry) from None
