"""How what the agent says and plays is encoded."""

from livekit import rtc

from holdline.call import CallKind

BITRATE = 96_000
"""Bits a second. At WebRTC's own 32 000 Opus codes speech by a model of the voice, which takes twice the processor."""


def publish_options(
    kind: CallKind, *, source: rtc.TrackSource.ValueType = rtc.TrackSource.SOURCE_MICROPHONE
) -> rtc.TrackPublishOptions:
    """For a call of this kind: each packet is sent twice (RED, RFC 2198) to browsers, whose networks lose some.

    LiveKit's bridge to the telephone network takes single ones, and they are heard some 8 ms sooner.
    """
    options = rtc.TrackPublishOptions(source=source, red=kind is not CallKind.PHONE)
    options.audio_encoding.max_bitrate = BITRATE
    return options
