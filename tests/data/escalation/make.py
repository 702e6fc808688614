"""Let a speech recogniser hear every question of a file, and write what it understood beside the wording.

    python tests/data/escalation/make.py tests/data/escalation/held_out.json

Needs `flite` (Debian) on PATH; the tests read only the texts. "browser" is a voice that the recogniser understands
well, at full bandwidth; "phone" is that voice through a telephone's 8 kHz and mu-law; "other_voice" is one that it
understands badly; "confused" is the wording with the mistakes of `confuse.py`. What is there already is left alone.
"""

import json
import subprocess
import sys
import wave
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr
from confuse import confused
from pocketsphinx import Decoder

RATE = 16_000
PHONE_RATE = 8_000
VOICES = {"browser": "rms", "phone": "rms", "other_voice": "slt"}
Samples = npt.NDArray[np.float32]


def main(path: Path) -> None:
    cases = json.loads(path.read_text())
    decoder = Decoder(samprate=RATE, loglevel="FATAL")
    for case in cases:
        heard = case.setdefault("heard", {})
        for line, voice in VOICES.items():
            if line not in heard:
                speech = _spoken(case["question"], voice)
                heard[line] = _recognised(decoder, _on_phone(speech) if line == "phone" else speech)
        heard["confused"] = confused(case["question"])
    path.write_text("[\n" + ",\n".join("  " + json.dumps(case) for case in cases) + "\n]\n")


def _spoken(text: str, voice: str) -> Samples:
    run = subprocess.run(
        ["flite", "-voice", voice, "-t", text, "-o", "/dev/stdout"],
        check=True,
        capture_output=True,
    )
    with wave.open(BytesIO(run.stdout)) as file:
        rate = file.getframerate()
    sound = np.frombuffer(run.stdout[44:], dtype=np.int16).astype(np.float32) / 32768
    pause = np.zeros(RATE // 2, dtype=np.float32)
    return np.concatenate([pause, np.asarray(soxr.resample(sound, rate, RATE), dtype=np.float32), pause])


def _on_phone(speech: Samples) -> Samples:
    narrow = np.clip(soxr.resample(speech, RATE, PHONE_RATE), -1, 1)
    companded = np.round(np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256) * 127) / 127
    linear = np.sign(companded) * (256 ** np.abs(companded) - 1) / 255
    return np.asarray(soxr.resample(linear, PHONE_RATE, RATE), dtype=np.float32)


def _recognised(decoder: Decoder, speech: Samples) -> str:
    decoder.start_utt()
    decoder.process_raw((speech * 32767).astype(np.int16).tobytes(), full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    return str(hypothesis.hypstr) if hypothesis else ""


if __name__ == "__main__":
    main(Path(sys.argv[1]))
