"""What is given here is read as the programs read it: the environment before `.env`, empty counts as not given."""

from pathlib import Path

from cli.checks.given import given, secrets_in
from holdline.settings import IGNORE_ENV_FILE


def test_the_environment_comes_before_the_file_and_what_is_empty_is_not_given(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("LIVEKIT_URL=wss://of-the-file\nFUNCTIONS_URL=https://of-the-file\nLLM_API_KEY=\n")
    environment = {"LIVEKIT_URL": "wss://of-the-environment", "SIP_HOST": "", "PATH": "/usr/bin"}
    assert given(environment, env_file=file) == {
        "LIVEKIT_URL": "wss://of-the-environment",
        "FUNCTIONS_URL": "https://of-the-file",
    }


def test_the_file_is_left_alone_where_programs_leave_it_alone(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("LIVEKIT_URL=wss://of-the-file\n")
    assert given({IGNORE_ENV_FILE: "1"}, env_file=file) == {}


def test_secrets_are_those_of_the_settings_whatever_name_they_go_by() -> None:
    settings = {
        "GEMINI_API_KEY": "k",
        "GOOGLE_API_KEY": "k",
        "TWILIO_AUTH_TOKEN": "k",
        "SIP_PASSWORD": "k",
        "LIVEKIT_URL": "wss://x",
        "GEMINI_MODEL": "gemini",
    }
    assert secrets_in(settings).keys() == {"GEMINI_API_KEY", "GOOGLE_API_KEY", "TWILIO_AUTH_TOKEN", "SIP_PASSWORD"}
