"""How what the agent says and plays is encoded."""

from livekit import rtc

BITRATE = 96_000
"""Bits a second. At WebRTC's own 32 000 Opus codes speech by a model of the voice, which takes twice the processor."""


def publish_options(source: rtc.TrackSource.ValueType = rtc.TrackSource.SOURCE_MICROPHONE) -> rtc.TrackPublishOptions:
    options = rtc.TrackPublishOptions(source=source)
    options.audio_encoding.max_bitrate = BITRATE
    return options
