"""What a command can tell about the pipeline without making it."""

import subprocess
import sys

import pytest

from agent.pipelines.parts import Kind, Provider, Role, deepgram_model, describe, of_kind
from holdline.settings import WorkerSettings

DEEPGRAM, OPENAI, GEMINI, ENDPOINT = Provider.DEEPGRAM, Provider.OPENAI, Provider.GEMINI, Provider.ENDPOINT
SPHINX, RULES, ESPEAK = Provider.POCKETSPHINX, Provider.RULES, Provider.ESPEAK
KEYS = {
    "deepgram_api_key": "k",
    "google_api_key": "k",
    "openai_api_key": "k",
    "llm_base_url": "http://127.0.0.1:11434/v1",
    "llm_model": "llama",
}


def settings(**given: str) -> WorkerSettings:
    required = {"google_cloud_project": "p", "livekit_url": "u", "livekit_api_key": "k", "livekit_api_secret": "s"}
    return WorkerSettings.model_validate({**required, **given})


@pytest.mark.parametrize(
    ("given", "language", "hears", "words", "speaks"),
    [
        ({}, "en-US", [SPHINX], [RULES], [ESPEAK]),
        (KEYS, "en-US", [DEEPGRAM, OPENAI, SPHINX], [ENDPOINT, GEMINI, RULES], [OPENAI, ESPEAK]),
        (KEYS, "de", [DEEPGRAM, OPENAI], [ENDPOINT, GEMINI, RULES], [OPENAI, ESPEAK]),
        ({"deepgram_api_key": "k"}, "de", [DEEPGRAM], [RULES], [ESPEAK]),
        ({"openai_api_key": "k"}, "en-US", [SPHINX], [RULES], [OPENAI, ESPEAK]),
    ],
    ids=["no key", "every key", "every key, another language", "nothing to fall back to", "one key"],
)
def test_each_kind_has_its_parts_in_the_order_in_which_they_stand_in(
    given: dict[str, str], language: str, hears: list[Provider], words: list[Provider], speaks: list[Provider]
) -> None:
    parts = describe(settings(**given), language=language)
    found = {kind: [part.provider for part in of_kind(parts, kind)] for kind in Kind}
    assert found == {Kind.STT: hears, Kind.LLM: words, Kind.TTS: speaks}
    for kind in Kind:
        roles = [part.role for part in of_kind(parts, kind)]
        assert roles == [Role.PRIMARY, *[Role.FALLBACK] * (len(roles) - 1)]


def test_every_part_says_why_it_is_there_and_a_providers_where_it_is() -> None:
    for part in describe(settings(**KEYS)):
        assert part.why
        assert part.is_offline == (part.address is None)


def test_the_addresses_are_those_of_the_settings() -> None:
    bases = {
        "deepgram_base_url": "http://127.0.0.1:1/v1/listen",
        "openai_base_url": "http://127.0.0.1:2/v1",
        "google_gemini_base_url": "http://127.0.0.1:3",
    }
    addresses = {part.provider: part.address for part in describe(settings(**KEYS, **bases)) if not part.is_offline}
    assert addresses == {
        DEEPGRAM: "127.0.0.1:1",
        OPENAI: "127.0.0.1:2",
        GEMINI: "127.0.0.1:3",
        ENDPOINT: "127.0.0.1:11434",
    }


@pytest.mark.parametrize(
    ("named", "language", "used"),
    [
        ("nova-2-phonecall", "en-US", "nova-2-phonecall"),
        ("nova-2-phonecall", "en-GB", "nova-3"),
        ("nova-2-phonecall", "de", "nova-3"),
        ("nova-3", "de", "nova-3"),
        ("nova-2-general", "de", "nova-2-general"),
    ],
)
def test_the_telephone_model_is_given_no_language_that_it_does_not_know(named: str, language: str, used: str) -> None:
    assert deepgram_model(named, language) == used
    part = describe(settings(deepgram_api_key="k", deepgram_model=named), language=language)[0]
    assert (part.model, named in part.why) == (used, used != named)


def test_telling_it_loads_no_plugin() -> None:
    code = "import sys, agent.pipelines.parts; sys.exit(any(name.startswith('livekit') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
