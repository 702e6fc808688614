""".env.example is what the settings read: no name more, none less, each explained, and no secret in it."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import AliasChoices, SecretStr
from pydantic.fields import FieldInfo

from holdline.settings import IGNORE_ENV_FILE, FirestoreSettings

EXAMPLE = Path(__file__).parents[2] / ".env.example"
ASSIGNMENT = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")


def every_field() -> dict[str, FieldInfo]:
    """Each name that the environment may hold, with the field that it fills."""
    fields: dict[str, FieldInfo] = {}
    kinds: list[type[FirestoreSettings]] = [FirestoreSettings, *_below(FirestoreSettings)]
    for kind in kinds:
        for name, field in kind.model_fields.items():
            alias = field.validation_alias
            names = [str(choice) for choice in alias.choices] if isinstance(alias, AliasChoices) else [name]
            fields |= {one.upper(): field for one in names}
    return fields


def given() -> dict[str, str]:
    lines = [line for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#")]
    found = [ASSIGNMENT.fullmatch(line) for line in lines]
    assert all(found), "every line is a comment, empty, or NAME=value"
    names = [match[1] for match in found if match]
    assert len(names) == len(set(names))
    return {match[1]: match[2] for match in found if match}


def test_its_names_are_those_that_the_settings_read() -> None:
    assert given().keys() == every_field().keys()


def test_its_values_are_the_defaults_and_what_has_none_is_empty() -> None:
    expected = {name: _text(field) for name, field in every_field().items()}
    assert given() == expected


def test_each_name_has_a_comment_of_its_own_above_it() -> None:
    lines = EXAMPLE.read_text().splitlines()
    for number, line in enumerate(lines):
        if ASSIGNMENT.fullmatch(line):
            assert re.match(r"# \w", lines[number - 1]), f"{line} has no comment above it"


def test_no_secret_has_a_value() -> None:
    secret = {name for name, field in every_field().items() if SecretStr in _types(field.annotation)}
    assert {"LIVEKIT_API_SECRET", "TWILIO_AUTH_TOKEN", "GOOGLE_API_KEY"} <= secret
    assert {name: given()[name] for name in secret} == dict.fromkeys(secret, "")


def test_as_it_stands_it_is_read_as_if_it_were_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(IGNORE_ENV_FILE)
    for name in every_field():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "demo-holdline")
    without = FirestoreSettings()
    (tmp_path / ".env").write_text(EXAMPLE.read_text())
    assert FirestoreSettings() == without


def _below(kind: type[FirestoreSettings]) -> list[type[FirestoreSettings]]:
    ours = [child for child in kind.__subclasses__() if child.__module__ == kind.__module__]
    return [one for child in ours for one in (child, *_below(child))]


def _types(annotation: Any) -> tuple[Any, ...]:
    return (annotation, *getattr(annotation, "__args__", ()))


def _text(field: FieldInfo) -> str:
    return "" if field.is_required() or field.default is None else str(field.default)
