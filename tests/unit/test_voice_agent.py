"""What an admin may set for one line."""

import pytest
from pydantic import ValidationError

from tests.builders import a_voice_agent


def test_a_line_speaks_american_english_unless_it_is_told_otherwise() -> None:
    assert a_voice_agent().language == "en-US"


@pytest.mark.parametrize("language", ["en-US", "de", "pt-BR", "es-419", "zh-Hans-CN"])
def test_a_language_goes_by_its_tag(language: str) -> None:
    assert a_voice_agent(language=language).language == language


@pytest.mark.parametrize("language", ["", "English", "en_US", "e", "en-", "de DE"])
def test_what_is_no_tag_is_refused_by_its_name(language: str) -> None:
    with pytest.raises(ValidationError, match="language"):
        a_voice_agent(language=language)
