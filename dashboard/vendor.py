"""Fetches the browser libraries we ship, and writes the manifest of their hashes: `python -m dashboard.vendor`.

The files are committed and served as they are; a test holds them to the manifest. Run this only to change a version.
"""

import hashlib
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent / "static" / "vendor"
MANIFEST = FOLDER / "manifest.json"

FILES = {
    "htmx.org@2.0.11": "dist/htmx.min.js",
    "htmx-ext-sse@2.2.4": "dist/sse.min.js",
    "idiomorph@0.8.0": "dist/idiomorph-ext.min.js",
    "livekit-client@2.23.0": "dist/livekit-client.umd.js",
}


def fetch() -> None:
    """Replace every vendored file by what the npm registry has under the pinned version."""
    manifest = {}
    with tempfile.TemporaryDirectory() as folder:
        for package, member in FILES.items():
            archive = _pack(package, Path(folder))
            name = Path(member).name
            for source, target in ((member, name), ("LICENSE", f"{name}.LICENSE")):
                content = _read(archive, source)
                (FOLDER / target).write_bytes(content)
                manifest[target] = {"package": package, "file": source, "sha256": sha256(content)}
    MANIFEST.write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _pack(package: str, folder: Path) -> Path:
    # npm checks the archive against the registry's integrity hash.
    command = ["npm", "pack", "--silent", "--pack-destination", str(folder), package]
    packed = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 (fixed words)
    return folder / packed.stdout.split()[-1]


def _read(archive: Path, member: str) -> bytes:
    with tarfile.open(archive) as tar:
        file = tar.extractfile(f"package/{member}")
        if file is None:
            raise FileNotFoundError(f"{archive.name} has no {member}")
        with file:
            return file.read()


if __name__ == "__main__":
    fetch()
