"""A caller is shown by what people may know: a number with its middle masked, or where the call comes from."""

import pytest

from dashboard.words import shown_caller
from tests.builders import a_call


@pytest.mark.parametrize(
    ("caller", "shown"),
    [
        ("+15555550142", "+1555***0142"),
        ("browser", "Browser caller"),
        ("front end", "Front-end caller"),
        ("console", "Console caller"),
        ("anonymous", "anonymous"),
    ],
)
def test_how_a_caller_is_shown(caller: str, shown: str) -> None:
    assert shown_caller(a_call(caller=caller)) == shown
