"""The secrets of the local stack: made once a checkout, kept out of git, worth nothing elsewhere."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path


def _fresh() -> str:
    return secrets.token_hex(24)


@dataclass(frozen=True)
class Keys:
    livekit_api_secret: str = field(default_factory=_fresh)
    twilio_auth_token: str = field(default_factory=_fresh)
    sip_password: str = field(default_factory=_fresh)
    dashboard_secret_key: str = field(default_factory=_fresh)


def keys_in(folder: Path) -> Keys:
    """The checkout's keys, made now if there are none, or none that are whole."""
    path = folder / "keys.json"
    try:
        return Keys(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        keys = Keys()
    half_made = path.with_suffix(f".{os.getpid()}")
    half_made.write_text(json.dumps(asdict(keys)))
    half_made.chmod(0o600)
    half_made.rename(path)
    return keys
