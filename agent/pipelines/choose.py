"""Which parts a call gets: a provider's where its key is set, else the offline one, each part by itself."""

import logging

from agent.pipelines import Pipeline, offline, providers
from agent.pipelines.offline import Models
from holdline.settings import WorkerSettings

log = logging.getLogger("holdline.pipeline")


def prewarm(settings: WorkerSettings) -> Models:
    """Load what every call of this process shares; blocks, so it is done before a call is there."""
    return offline.load_models()


def choose(settings: WorkerSettings, *, models: Models) -> Pipeline:
    """The parts for one call; needs a running event loop."""
    stt = providers.recognition(settings) or offline.recognition(models)
    llm = providers.model(settings) or offline.model()
    tts = providers.speech(settings) or offline.speech()
    name = ", ".join(f"{part.provider} {part.model}" for part in (stt, llm, tts))
    log.info("pipeline: %s", name)
    return Pipeline(name=name, stt=stt, llm=llm, tts=tts, vad=models.vad, turn_detection=offline.turn_detection())
