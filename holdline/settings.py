"""Settings of each program, read from the environment and, where there is one, `.env`.

The only module that reads the environment. One class a program; `load` reports every missing or malformed name at
once, so that a start fails with a complete list and never half-way through a call.
"""

import os
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AliasChoices, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from holdline.errors import BadSettings
from holdline.front_end import Line

S = TypeVar("S", bound="FirestoreSettings")
AccountSid = Annotated[str, Field(pattern=r"^AC[0-9a-fA-F]{32}$")]

IGNORE_ENV_FILE = "HOLDLINE_IGNORE_ENV_FILE"
"""Set to anything, it keeps a program from reading `.env`: a test must run alike on every machine."""


class FirestoreSettings(BaseSettings):
    """Where documents are kept; the emulator is used exactly when its host is given."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    google_cloud_project: str
    firestore_emulator_host: str | None = None
    log_level: str = "INFO"
    log_format: Literal["json", "text"] | None = None
    """None: text where a person reads along on a terminal, JSON everywhere else."""

    otel_exporter_otlp_endpoint: str | None = None
    """The base address of a collector, such as http://collector:4318; with it, traces and metrics are sent there."""
    otel_exporter_otlp_headers: SecretStr | None = None

    @field_validator("log_level")
    @classmethod
    def _is_a_level(cls, name: str) -> str:
        if name.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return name.upper()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        given = (init_settings, env_settings)
        return given if os.environ.get(IGNORE_ENV_FILE) else (*given, dotenv_settings)


class SignInSettings(FirestoreSettings):
    """Where people sign in; Firebase's emulator is used exactly when its host is given."""

    firebase_auth_emulator_host: str | None = None

    def use_auth_emulator(self) -> str | None:
        """Point the Admin SDK at the emulator, if there is one; its host. Raises BadSettings for a real project.

        The emulator's tokens are unsigned, so anybody could be anybody; and the SDK knows it by this variable alone.
        """
        emulator = self.firebase_auth_emulator_host
        if emulator is None:
            return None
        if not self.google_cloud_project.startswith("demo-"):
            raise BadSettings(missing=[], malformed={"FIREBASE_AUTH_EMULATOR_HOST": "needs a project named demo-..."})
        os.environ["FIREBASE_AUTH_EMULATOR_HOST"] = emulator
        return emulator


class LiveKitSettings(FirestoreSettings):
    """How to reach LiveKit, and the name under which our workers take jobs."""

    livekit_url: str
    livekit_api_key: str
    livekit_api_secret: SecretStr
    agent_name: str = "holdline"
    default_voice_agent: str | None = None
    """`organisation/voice-agent`, for a room that names none. For development: anybody's room would be answered."""

    @field_validator("default_voice_agent")
    @classmethod
    def _names_organisation_and_voice_agent(cls, written: str | None) -> str | None:
        if written is not None:
            Line.of(written)
        return written


class VoiceSettings(LiveKitSettings):
    """Who speaks: OpenAI where its key is set, else eSpeak NG. A preview must sound as the caller will hear it."""

    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    openai_tts_model: str = "gpt-4o-mini-tts"
    openai_tts_voice: str = "nova"


class WorkerSettings(VoiceSettings):
    """The voice agent's worker. Without provider keys it talks through the offline pipeline."""

    worker_capacity: int = Field(default=8, ge=1)
    worker_idle_processes: int = Field(default=1, ge=0)
    """Processes kept warm for the next call."""
    worker_drain_timeout_s: int = Field(default=240, ge=0)
    """How long calls may go on once the worker is told to stop."""
    worker_health_host: str = "0.0.0.0"  # noqa: S104 - a platform's health checks come from outside the machine
    worker_health_port: int = Field(default=8081, ge=0, le=65535)
    worker_ready_port: int = Field(default=8082, ge=0, le=65535)

    deepgram_api_key: SecretStr | None = None
    deepgram_base_url: str | None = None
    deepgram_model: str = "nova-3"
    google_api_key: Annotated[
        SecretStr | None, Field(validation_alias=AliasChoices("google_api_key", "gemini_api_key"))
    ] = None
    gemini_model: str = "gemini-3.8-flash"
    google_gemini_base_url: str | None = None
    openai_stt_model: str = "gpt-4o-mini-transcribe"
    llm_base_url: str | None = None
    llm_api_key: SecretStr | None = None
    llm_model: str | None = Field(default=None, validate_default=True)

    @field_validator("llm_model")
    @classmethod
    def _an_endpoint_is_asked_for_a_model(cls, name: str | None, others: ValidationInfo) -> str | None:
        if name is None and others.data.get("llm_base_url"):
            raise ValueError("must be given together with LLM_BASE_URL")
        return name


class FunctionsSettings(LiveKitSettings, SignInSettings):
    """The Cloud Functions. `functions_url` is the public base that Twilio calls and signs over."""

    functions_url: str
    twilio_auth_token: SecretStr
    twilio_account_sid: AccountSid | None = None
    """Without it no text is sent."""
    twilio_api_url: str | None = None
    sip_host: str
    sip_username: str
    sip_password: SecretStr


class DeploySettings(FunctionsSettings):
    """What puts a phone number into service."""

    twilio_account_sid: AccountSid
    twilio_fallback_url: str | None = None
    """What Twilio calls when the functions do not answer; None takes Twilio's echo of deploy/twilio/fallback.xml."""


class DashboardSettings(VoiceSettings, SignInSettings):
    """The operator console. `call_page_number` is the line that /call rings when no number is named."""

    dashboard_secret_key: SecretStr
    dashboard_url: str
    functions_url: str
    firebase_web_api_key: SecretStr
    call_page_number: str | None = None
    trusted_proxies: int = Field(default=0, ge=0)
    """How many proxies in front of us add to X-Forwarded-For. Too many, and anybody can make their address up."""


def load(kind: type[S], **instead: Any) -> S:
    """Read the settings of one program; raises BadSettings that lists every missing and malformed name.

    `instead` are fields that are not read but taken as given.
    """
    try:
        return kind(**instead)
    except ValidationError as error:
        raise BadSettings(
            missing=sorted(_name(e["loc"]) for e in error.errors() if e["type"] == "missing"),
            malformed={_name(e["loc"]): e["msg"] for e in error.errors() if e["type"] != "missing"},
        ) from None


def _name(location: tuple[int | str, ...]) -> str:
    return str(location[0]).upper()
