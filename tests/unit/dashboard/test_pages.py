import json
import re
from pathlib import Path

import pytest

from dashboard.security import origins_of_livekit
from dashboard.vendor import FILES, FOLDER, MANIFEST, sha256
from holdline.errors import Unavailable
from holdline.store import Store
from tests.unit.dashboard.world import Browser

TEMPLATES = Path(__file__).parents[3] / "dashboard" / "templates"


def test_health_is_of_the_process_and_readiness_of_the_storage(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch, salon: Store
) -> None:
    assert visitor.get("/health").status_code == visitor.get("/ready").status_code == 200
    assert visitor.get("/ready").json == {"ready": True, "reasons": [], "watches": {"open": 0, "live": 0}}

    def away(*_: object) -> None:
        raise Unavailable("it does not answer")

    monkeypatch.setattr(type(salon), "get", away)
    assert visitor.get("/health").status_code == 200
    assert visitor.get("/ready").status_code == 503
    assert (visitor.get("/ready").json or {})["reasons"] == ["storage does not answer"]


@pytest.mark.parametrize("path", ["/", "/sign-in", "/call", "/static/holdline.css", "/nowhere"])
def test_every_reply_carries_the_protecting_headers(visitor: Browser, path: str) -> None:
    with visitor.get(path) as reply:
        headers = reply.headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_no_page_has_script_or_style_in_its_text(template: Path) -> None:
    """The content security policy would not let it run."""
    text = template.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", text)


def test_a_page_that_is_not_there_says_so_and_leads_on(ana: Browser) -> None:
    reply = ana.get("/nowhere")
    assert reply.status_code == 404
    assert "There is no such page" in reply.text
    assert "To the live queue" in reply.text


def test_a_page_without_its_storage_says_so(ana: Browser, monkeypatch: pytest.MonkeyPatch, salon: Store) -> None:
    def away(*_: object) -> None:
        raise Unavailable("it does not answer")

    monkeypatch.setattr(type(salon), "find", away)
    reply = ana.get("/")
    assert reply.status_code == 503
    assert "Our storage does not answer" in reply.text


def test_an_unforeseen_failure_is_not_shown_in_its_own_words(ana: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr("dashboard.queue.board_now", broken)
    reply = ana.get("/")
    assert reply.status_code == 500
    assert "Something broke on our side" in reply.text
    assert "secret" not in reply.text


def test_the_vendored_files_are_exactly_those_of_the_manifest() -> None:
    manifest = json.loads(MANIFEST.read_text())
    held = {path.name: sha256(path.read_bytes()) for path in FOLDER.iterdir() if path != MANIFEST}
    assert held == {name: entry["sha256"] for name, entry in manifest.items()}
    assert {entry["package"] for entry in manifest.values()} == FILES.keys()


def test_livekit_cloud_may_send_a_caller_to_another_region() -> None:
    assert origins_of_livekit("wss://salon-1.livekit.cloud") == [
        "wss://salon-1.livekit.cloud",
        "https://salon-1.livekit.cloud",
        "wss://*.livekit.cloud",
        "https://*.livekit.cloud",
    ]
    assert origins_of_livekit("ws://127.0.0.1:7880") == ["ws://127.0.0.1:7880", "http://127.0.0.1:7880"]
