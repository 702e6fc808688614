"""The model plugins as a call has them, with a double behind each."""

from typing import Any

from livekit.agents import llm

from agent.pipelines import providers
from agent.pipelines.parts import Kind, describe, of_kind
from holdline.settings import WorkerSettings
from tests.wire.double import KEY
from tests.wire.gemini import Gemini
from tests.wire.openai import OpenAI

ELSEWHERE: dict[str, Any] = {
    "google_cloud_project": "demo-holdline",
    "livekit_url": "ws://127.0.0.1:1",
    "livekit_api_key": "key",
    "livekit_api_secret": "secret",
}
"""What every worker needs and no model does."""


def gemini_model(double: Gemini) -> llm.LLM[Any]:
    settings = WorkerSettings.model_validate(
        {**ELSEWHERE, "google_api_key": KEY, "google_gemini_base_url": double.base_url}
    )
    return providers.gemini_llm(of_kind(describe(settings), Kind.LLM)[0], settings)


def openai_model(double: OpenAI) -> llm.LLM[Any]:
    settings = WorkerSettings.model_validate(
        {**ELSEWHERE, "llm_base_url": double.base_url, "llm_api_key": KEY, "llm_model": "a-model"}
    )
    return providers.endpoint_llm(of_kind(describe(settings), Kind.LLM)[0], settings)
