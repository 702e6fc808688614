"""What a program that wants to use a running stack needs to know, as one JSON object.

It is always kept below CACHE as well, where commands on the same checkout look for the stack on a port base.
"""

import json
import os
from pathlib import Path
from typing import Any

from local.checkout import CACHE, CannotStart
from local.demo_facts import DemoFacts
from local.functions_server import EVENT_FUNCTIONS, HTTP_FUNCTIONS
from local.parts import LIVEKIT_API_KEY, PROJECT, Plan
from local.twilio_double import TEXTS


def folder_of(base: int) -> Path:
    """Where everything of the stack on this port base is kept."""
    return CACHE / "run" / str(base)


def kept(base: int) -> Path:
    """The ready file of the stack on this port base, whatever other place it was asked for in."""
    return folder_of(base) / "ready.json"


def read(base: int) -> dict[str, Any]:
    """What the stack that runs on this port base wrote; raises CannotStart when none is ready."""
    try:
        stack: dict[str, Any] = json.loads(kept(base).read_text())
    except FileNotFoundError:
        raise CannotStart(f"No stack is ready on port base {base}: start one with `make demo`.") from None
    return stack


def contents(plan: Plan, facts: DemoFacts, pids: dict[str, int]) -> dict[str, Any]:
    """The addresses of the functions are those that Twilio and LiveKit are given, and that signatures are made over."""
    return {
        "livekit": {
            "url": plan.livekit_url,
            "api_key": LIVEKIT_API_KEY,
            "api_secret": plan.keys.livekit_api_secret,
        },
        "firestore_emulator_host": plan.firestore_host,
        "auth_emulator_host": plan.auth_host,
        "project_id": PROJECT,
        "functions": {name: f"{plan.functions_url}/{name}" for name in (*HTTP_FUNCTIONS, *EVENT_FUNCTIONS)},
        "dashboard_url": plan.dashboard_url,
        "texts_url": f"{plan.texts_url}{TEXTS}",
        "duty_phones": list(facts.duty_phones),
        "twilio_auth_token": plan.keys.twilio_auth_token,
        "people": [person.model_dump() for person in facts.people],
        "phone_numbers": [number.model_dump() for number in facts.phone_numbers],
        "pids": pids,
        # What the programs were told, by the names that their settings have.
        "settings": plan.settings(call_page_number=facts.phone_numbers[0].number),
        "is_keyless": plan.is_keyless,
    }


def write(path: Path, stack: dict[str, Any]) -> None:
    """Write it so that nobody ever reads half of it; it holds secrets."""
    half_made = path.with_name(f"{path.name}.{os.getpid()}")
    half_made.touch(mode=0o600)
    half_made.write_text(json.dumps(stack, indent=2) + "\n")
    half_made.rename(path)
