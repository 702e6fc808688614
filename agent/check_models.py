"""Loads each model that comes with our packages. Run while an image is built: what is missing ends the build, and not
the first call."""

from livekit import local_inference

from agent.pipelines.decoder import make_decoder
from agent.pipelines.offline import load_models
from holdline.speech.espeak import synthesise


def main() -> None:
    load_models()
    local_inference.init_eot()
    make_decoder()
    synthesise("ready")


if __name__ == "__main__":
    main()
