"""The settings that are given here, one by one as they stand: where one is missing, the others are still examined."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

from dotenv import dotenv_values
from pydantic import SecretStr

from holdline.settings import IGNORE_ENV_FILE, FirestoreSettings
from local.parts import names_of


def given(environment: Mapping[str, str], *, env_file: Path = Path(".env")) -> dict[str, str]:
    """Every setting with a value, by its name, as our programs would read them."""
    kept = {} if environment.get(IGNORE_ENV_FILE) else dotenv_values(env_file)
    both = {name.upper(): value for source in (kept, environment) for name, value in source.items() if value}
    known = {name for kind in every_kind() for name in names_of(kind)}
    return {name: value for name, value in both.items() if name in known}


def this_environment() -> dict[str, str]:
    return given(os.environ)


def secrets_in(settings: Mapping[str, str]) -> dict[str, str]:
    """Those that nobody may read in what we print."""
    secret = {
        name.upper()
        for kind in every_kind()
        for name, field in kind.model_fields.items()
        if SecretStr in (field.annotation, *get_args(field.annotation))
    }
    # The key of Gemini goes by two names, of which the field has one.
    return {name: value for name, value in settings.items() if name in secret or name.endswith("_KEY")}


def every_kind(kind: type[FirestoreSettings] = FirestoreSettings) -> Iterator[type[FirestoreSettings]]:
    """The settings of all programs, each class once for every way that leads to it."""
    yield kind
    for child in kind.__subclasses__():
        yield from every_kind(child)
