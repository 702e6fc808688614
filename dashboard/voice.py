"""The voice of a preview: the one that callers hear, chosen by the same settings as the worker's."""

import httpx

from dashboard.preview import Synthesise, VoiceUnavailable, wav_of
from holdline.settings import DashboardSettings
from holdline.speech import espeak

TIMEOUT_S = 15
"""The longest answer is half a minute of speech, which takes a provider some seconds."""


def voice_of(settings: DashboardSettings) -> Synthesise:
    """OpenAI's voice where its key is set, else the offline one."""
    if settings.openai_api_key is None:
        return espeak_speech
    return OpenAiSpeech(settings, settings.openai_api_key.get_secret_value())


def espeak_speech(words: str) -> bytes:
    try:
        pcm = espeak.synthesise(words)
    except (espeak.EspeakFailed, OSError) as error:
        raise VoiceUnavailable from error
    return wav_of(pcm.samples, sample_rate=pcm.sample_rate)


class OpenAiSpeech:
    def __init__(self, settings: DashboardSettings, key: str) -> None:
        base = settings.openai_base_url or "https://api.openai.com/v1"
        self._address = f"{base.rstrip('/')}/audio/speech"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._voice = {"model": settings.openai_tts_model, "voice": settings.openai_tts_voice}

    def __call__(self, words: str) -> bytes:
        asked = {**self._voice, "input": words, "response_format": "wav"}
        try:
            reply = httpx.post(self._address, json=asked, headers=self._headers, timeout=TIMEOUT_S).raise_for_status()
        except httpx.HTTPError as error:
            raise VoiceUnavailable from error
        return reply.content
