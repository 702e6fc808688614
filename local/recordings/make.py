"""Make the recordings again: `python -m local.recordings.make`. Needs flite (Debian's package), nothing else does."""

import json
import subprocess

from local.recordings import FOLDER, INDEX, Voice, file_name

# The voices that are understood reliably, the better one first. Every sentence that "rms" says is understood over a
# narrow band too.
SENTENCES: dict[str, tuple[Voice, ...]] = {
    "hello": ("rms", "slt"),
    "do you have parking": ("rms", "slt"),
    "is there somewhere to park": ("rms", "slt"),
    "what time do you open on sunday": ("rms",),
    "how much is a haircut": ("rms", "slt"),
    "do you have gift cards": ("rms", "slt"),
    "do you take walk ins": ("rms",),
    "can i bring my dog": ("rms",),
    "can i pay with a credit card": ("rms", "slt"),
    "is there a wheelchair ramp": ("rms", "slt"),
    "are you taking new patients": ("rms", "slt"),
    "do you take my insurance": ("rms", "slt"),
    "how much is a cleaning": ("rms", "slt"),
    "can i speak to a person": ("rms", "slt"),
    "yes please": ("rms", "slt"),
    "never mind": ("rms", "slt"),
    "okay goodbye": ("rms",),
    "thank you goodbye": ("slt",),
}


def main() -> None:
    index = {}
    for words, voices in SENTENCES.items():
        for voice in voices:
            name = file_name(words, voice)
            subprocess.run(["flite", "-voice", voice, "-t", words, "-o", str(FOLDER / name)], check=True)  # noqa: S603, S607
            index[name] = words
    INDEX.write_text(json.dumps(index, indent=1) + "\n")


if __name__ == "__main__":
    main()
