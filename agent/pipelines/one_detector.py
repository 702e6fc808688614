"""One voice activity detector for all that listen to a caller: the session runs it, its recogniser is told.

Two of them would find the same in the same sound, at a seventh of what a call on hold takes of a processor.
"""

from dataclasses import replace

from livekit import rtc
from livekit.agents import vad

WITHHELD_S = 0.2
"""So long nothing but zeros: no caller's line is as silent; it is the session that gives silence instead of it."""


class OneDetector:
    """`leading` is for the session and `following` for its recogniser, which are given a caller's sound together.

    While the caller is not to be heard the session gives its recogniser silence, and there nobody is found speaking.
    """

    def __init__(self, detector: vad.VAD, *, breath_s: float) -> None:
        """`breath_s` is the silence that ends what somebody says, as `detector` has it."""
        told: set[_Following] = set()
        self.leading: vad.VAD = _Leader(detector, told, breath_s=breath_s)
        self.following: vad.VAD = _Follower(detector, told, breath_s=breath_s)


class _Leader(vad.VAD):
    def __init__(self, detector: vad.VAD, told: "set[_Following]", *, breath_s: float) -> None:
        super().__init__(capabilities=detector.capabilities)
        self.min_silence_duration = breath_s  # a session asks whether it is enough for its turn detector
        self._detector = detector
        self._told = told

    @property
    def model(self) -> str:
        return self._detector.model

    @property
    def provider(self) -> str:
        return self._detector.provider

    def stream(self) -> vad.VADStream:
        return _Leading(self._detector.stream(), self._told)


class _Leading(vad.VADStream):
    """The detector's own stream; whoever takes an event from it has told the followers."""

    def __init__(self, stream: vad.VADStream, told: "set[_Following]") -> None:
        self._stream = stream
        self._told = told

    async def _main_task(self) -> None:
        raise NotImplementedError("the detector's own stream has the task")

    def push_frame(self, frame: rtc.AudioFrame) -> None:
        self._stream.push_frame(frame)

    def flush(self) -> None:
        self._stream.flush()
        for one in self._told:
            one.end_breath()

    def end_input(self) -> None:
        self._stream.end_input()

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def __anext__(self) -> vad.VADEvent:
        event = await anext(self._stream)
        for one in self._told:
            one.tell(event)
        return event


class _Follower(vad.VAD):
    def __init__(self, detector: vad.VAD, told: "set[_Following]", *, breath_s: float) -> None:
        super().__init__(capabilities=detector.capabilities)
        self._told = told
        self._breath_s = breath_s

    def stream(self) -> vad.VADStream:
        return _Following(self, self._told, breath_s=self._breath_s)


class _Following(vad.VADStream):
    """What the session's stream finds, but for what the caller says while silence is given here."""

    def __init__(self, owner: vad.VAD, told: "set[_Following]", *, breath_s: float) -> None:
        super().__init__(owner)
        self._told = told
        self._breath_s = breath_s
        self._silence_s = 0.0
        self._given_s = 0.0
        """How much sound of the caller's there has been since it was last withheld."""
        self._breath: vad.VADEvent | None = None
        """The last event of what is being said."""

    def tell(self, event: vad.VADEvent) -> None:
        is_withheld = self._silence_s >= WITHHELD_S
        if event.type is vad.VADEventType.END_OF_SPEECH:
            self._end(event)
        elif self._breath is None:
            begins = event.type is vad.VADEventType.START_OF_SPEECH or event.speaking
            if begins and not is_withheld:
                self._begin(event)
        elif not is_withheld:
            self._breath = event
            self._event_ch.send_nowait(event)
        elif self._silence_s >= self._breath_s:
            self.end_breath()

    def end_breath(self) -> None:
        """The caller is not speaking any more, as far as can be heard here."""
        if self._breath is not None:
            self._end(replace(self._breath, type=vad.VADEventType.END_OF_SPEECH, speaking=False, frames=[]))

    async def _main_task(self) -> None:
        self._told.add(self)
        try:
            async for item in self._input_ch:
                self._given(item)
        finally:
            self._told.discard(self)  # nobody listens any more, and the session must not stumble over that

    def _given(self, item: "rtc.AudioFrame | vad.VADStream._FlushSentinel") -> None:
        if not isinstance(item, rtc.AudioFrame):
            self._breath = None
        elif any(item.data):
            self._silence_s = 0.0
            self._given_s += item.duration
        else:
            self._silence_s += item.duration
            self._given_s = 0.0 if self._silence_s >= WITHHELD_S else self._given_s + item.duration

    def _begin(self, event: vad.VADEvent) -> None:
        """Where it has begun before it could be heard here, it begins with what can."""
        sound = _last(rtc.combine_audio_frames(event.frames), self._given_s)
        self._breath = replace(
            event,
            type=vad.VADEventType.START_OF_SPEECH,
            speech_duration=min(event.speech_duration, sound.duration),
            speaking=True,
            frames=[sound],
        )
        self._event_ch.send_nowait(self._breath)

    def _end(self, event: vad.VADEvent) -> None:
        if self._breath is not None:
            self._breath = None
            self._event_ch.send_nowait(event)


def _last(sound: rtc.AudioFrame, seconds: float) -> rtc.AudioFrame:
    kept = min(sound.samples_per_channel, round(seconds * sound.sample_rate))
    samples = sound.data[sound.samples_per_channel - kept :]
    return rtc.AudioFrame(bytes(samples), sound.sample_rate, 1, kept)
