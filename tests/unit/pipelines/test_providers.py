"""The real plugins are set as a telephone needs them; nothing here leaves the machine."""

import logging
from typing import Any

import pytest
from livekit.agents import llm, stt, tts
from livekit.plugins import deepgram, google, openai

from agent.pipelines.attentive_stt import AttentiveSTT
from agent.pipelines.choose import choose, make_llm, make_stt, make_tts
from agent.pipelines.espeak_tts import EspeakTTS
from agent.pipelines.offline import Models, load_models, voice_for
from agent.pipelines.parts import Kind, Provider, describe, of_kind
from agent.pipelines.pocketsphinx_stt import PocketSphinxSTT
from agent.pipelines.providers import GEMINI_DEADLINE_MS, deepgram_language, thinking_off, words_of
from agent.pipelines.punctual_tts import PunctualTTS
from holdline.settings import WorkerSettings
from tests.unit.pipelines.test_parts import KEYS, settings

TERMS = ("Luxe Beauty Salon", "Ana", "Ana Ruiz")


@pytest.fixture(scope="module")
def models() -> Models:
    return load_models()


def hearing(given: WorkerSettings, models: Models, *, language: str = "en-US") -> deepgram.STT:
    made = make_stt(describe(given, language=language)[0], given, models=models, language=language, terms=TERMS)
    assert isinstance(made, deepgram.STT)
    return made


def wording(given: WorkerSettings, number: int = 0) -> Any:
    return make_llm(of_kind(describe(given), Kind.LLM)[number], given)


def test_nova_3_is_told_the_names_that_callers_say(models: Models) -> None:
    options = hearing(settings(**KEYS), models)._opts
    assert (options.model, options.language, options.keyterm) == ("nova-3", "en-US", list(TERMS))
    assert options.keywords == []


def test_the_telephone_model_is_told_single_words_since_it_refuses_phrases(models: Models) -> None:
    options = hearing(settings(**KEYS, deepgram_model="nova-2-phonecall"), models)._opts
    assert (options.model, options.keyterm) == ("nova-2-phonecall", [])
    assert [word for word, _ in options.keywords] == ["Luxe", "Beauty", "Salon", "Ana", "Ruiz"]


def test_a_line_in_another_language_is_told_that_the_telephone_model_does_not_serve_it(
    models: Models, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        options = hearing(settings(**KEYS, deepgram_model="nova-2-phonecall"), models, language="de-DE")._opts
    assert (options.model, options.language) == ("nova-3", "de")
    assert "nova-2-phonecall does not know de-DE" in caplog.text
    assert "falling back" not in caplog.text


@pytest.mark.parametrize(
    ("tag", "name"), [("en-US", "en-US"), ("en-us", "en-US"), ("de-DE", "de"), ("pt-BR", "pt-BR"), ("fr", "fr")]
)
def test_a_language_goes_by_deepgrams_name_for_it(tag: str, name: str) -> None:
    assert deepgram_language(tag) == name


def test_words_of_names_are_told_once_and_scraps_of_them_not_at_all() -> None:
    assert words_of(("Dr. Ana", "Ana de la Cruz, 24/7")) == ["Ana", "Cruz"]


@pytest.mark.parametrize(
    ("model", "wish"),
    [
        ("gemini-3.8-flash", {"thinking_level": "minimal"}),
        ("gemini-3-flash-preview", {"thinking_level": "minimal"}),
        ("gemini-3-pro-preview", {"thinking_level": "low"}),
        ("gemini-2.5-flash", {"thinking_budget": 0}),
        ("gemini-2.5-pro-preview-05-06", {"thinking_budget": 128}),
        ("gemini-2.0-flash-001", {}),
    ],
)
async def test_each_gemini_model_is_told_to_think_least_in_the_way_it_takes(model: str, wish: dict[str, Any]) -> None:
    assert thinking_off(model) == wish
    made = wording(settings(google_api_key="k", gemini_model=model))
    assert isinstance(made, google.LLM)
    made.chat(chat_ctx=llm.ChatContext.empty())._task.cancel()  # a wish that the plugin refuses raises here


async def test_gemini_is_given_no_deadline_that_it_refuses() -> None:
    made = wording(settings(google_api_key="k"))
    assert made._opts.http_options.timeout == GEMINI_DEADLINE_MS >= 10_000


async def test_geminis_address_is_the_settings_one_for_every_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("google.genai._base_url._default_base_gemini_url", None)
    made = wording(settings(google_api_key="k", google_gemini_base_url="http://127.0.0.1:9"))
    assert made._client._api_client._http_options.base_url.startswith("http://127.0.0.1:9")


async def test_the_other_addresses_are_the_settings_ones_too(models: Models) -> None:
    given = settings(**KEYS, deepgram_base_url="http://127.0.0.1:1/v1/listen", openai_base_url="http://127.0.0.1:2/v1")
    ear, second_ear = (make_stt(part, given, models=models) for part in of_kind(describe(given), Kind.STT)[:2])
    voice = make_tts(of_kind(describe(given), Kind.TTS)[0], given)
    assert isinstance(ear, deepgram.STT)
    assert isinstance(second_ear, openai.STT)
    assert isinstance(voice, openai.TTS)
    assert ear._opts.endpoint_url == "http://127.0.0.1:1/v1/listen"
    assert str(second_ear._client.base_url) == str(voice._client.base_url) == "http://127.0.0.1:2/v1/"
    assert str(wording(given)._client.base_url) == "http://127.0.0.1:11434/v1/"
    assert voice._opts.voice == "nova"


async def test_whatever_has_a_provider_has_a_stand_in_behind_it(models: Models) -> None:
    pipeline = choose(settings(**KEYS), models=models)
    assert isinstance(pipeline.stt, AttentiveSTT)
    assert isinstance(pipeline.stt.first, deepgram.STT)
    assert [type(reserve) for reserve in pipeline.stt.reserves.recognisers] == [openai.STT, PocketSphinxSTT]
    assert isinstance(pipeline.llm, llm.FallbackAdapter)
    assert [type(model) for model in pipeline.llm._llm_instances] == [openai.LLM, google.LLM]
    assert isinstance(pipeline.tts, tts.FallbackAdapter)
    assert [type(voice) for voice in pipeline.tts._tts_instances] == [PunctualTTS, EspeakTTS]


async def test_what_has_no_provider_stands_alone(models: Models) -> None:
    pipeline = choose(settings(), models=models)
    assert isinstance(pipeline.stt, PocketSphinxSTT)
    assert isinstance(pipeline.tts, EspeakTTS)


async def test_a_line_in_another_language_keeps_calling_a_provider_that_nobody_stands_in_for(models: Models) -> None:
    pipeline = choose(settings(deepgram_api_key="k"), models=models, language="de")
    assert isinstance(pipeline.stt, AttentiveSTT)
    assert pipeline.stt.reserves.recognisers == ()
    assert isinstance(pipeline.tts, EspeakTTS)
    assert pipeline.tts.voice == "de"


@pytest.mark.parametrize(
    ("language", "voice"), [("en-US", "en-us"), ("de-DE", "de"), ("pt-BR", "pt-br"), ("xx", "en-us")]
)
def test_espeak_speaks_the_language_as_near_as_it_can(language: str, voice: str) -> None:
    assert voice_for(language) == voice


async def test_a_part_that_cannot_do_what_is_asked_of_it_is_refused(models: Models) -> None:
    by_provider = {part.provider: part for part in describe(settings(**KEYS))}
    with pytest.raises(ValueError, match="does not hear"):
        make_stt(by_provider[Provider.RULES], settings(), models=models)
    with pytest.raises(ValueError, match="words no replies"):
        make_llm(by_provider[Provider.ESPEAK], settings())
    with pytest.raises(ValueError, match="does not speak"):
        make_tts(by_provider[Provider.GEMINI], settings())
    with pytest.raises(ValueError, match="DEEPGRAM_API_KEY is not set"):
        make_stt(by_provider[Provider.DEEPGRAM], settings(), models=models)


def test_a_reserve_is_of_the_sort_that_takes_whole_utterances(models: Models) -> None:
    given = settings(**KEYS)
    for part in of_kind(describe(given), Kind.STT)[1:]:
        made: stt.STT[Any] = make_stt(part, given, models=models)
        assert made.capabilities.offline_recognize
