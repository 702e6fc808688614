"""The session's settings for a telephone call, whatever the pipeline."""

import sys

from livekit import rtc
from livekit.agents import AgentSession, APIConnectOptions
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.agents.voice.room_io import AudioInputOptions, AudioOutputOptions, RoomOptions

from agent.pipelines import Pipeline
from agent.tracks import publish_options

FAILURES_BORNE = sys.maxsize
"""No provider's failure ends a call: each part has a stand-in, and the silence guard is behind them all."""
CONNECT = SessionConnectOptions(
    stt_conn_options=APIConnectOptions(max_retry=3, timeout=2.0, retry_interval=0.5),
    llm_conn_options=APIConnectOptions(max_retry=1, timeout=1.5, retry_interval=0.1),
    tts_conn_options=APIConnectOptions(max_retry=0, timeout=1.5, retry_interval=0.1),
    max_unrecoverable_errors=FAILURES_BORNE,
)
"""What somebody on the telephone can wait: a model's second try only where the first one failed at once."""


def make_session(pipeline: Pipeline) -> AgentSession[None]:
    """A session that talks through `pipeline`.

    No preemptive generation, since each turn is edited by what the line knows; no resumption after a false
    interruption, since it drops a piece of the sentence; no text transforms, since a person's words are never touched;
    no away timer, since a caller on hold is not away; no wait for last words, since a call that is over frees its room.
    """
    return AgentSession(
        stt=pipeline.stt,
        llm=pipeline.llm,
        tts=pipeline.tts,
        vad=pipeline.vad,
        turn_handling={
            "turn_detection": pipeline.turn_detection,
            "endpointing": {"mode": "fixed", "min_delay": 0.4, "max_delay": 1.6},
            "interruption": {"mode": "vad", "resume_false_interruption": False, "false_interruption_timeout": None},
            "preemptive_generation": {"enabled": False},
        },
        tts_text_transforms=None,
        user_away_timeout=None,
        session_close_transcript_timeout=0.0,
        conn_options=CONNECT,
        aec_warmup_duration=None,
        max_tool_steps=2,
    )


def room_options(caller_identity: str) -> RoomOptions:
    """Only the caller is listened to, by voice alone, and the room's life is ours."""
    return RoomOptions(
        audio_input=AudioInputOptions(sample_rate=16_000, pre_connect_audio=False),
        audio_output=AudioOutputOptions(track_publish_options=publish_options()),
        text_input=False,
        participant_identity=caller_identity,
        participant_kinds=[
            rtc.ParticipantKind.PARTICIPANT_KIND_SIP,
            rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD,
        ],
        close_on_disconnect=False,
        delete_room_on_close=False,
    )
