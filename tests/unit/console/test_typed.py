"""A line is the caller's words unless it begins with a slash; then it is a command, or told what there is."""

import pytest

from local.console import typed
from local.console.typed import Answer, Claim, Misunderstood, Quit, Say, ShowHelp, ShowRequests, Typed


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("do you have parking\n", Say("do you have parking")),
        ("  hello  ", Say("hello")),
        ("half / half", Say("half / half")),
        ("/answer Yes,  two  spaces kept", Answer("Yes,  two  spaces kept")),
        ("/answer 2 Yes.", Answer("2 Yes.")),
        ("/a Yes.", Answer("Yes.")),
        ("/ANSWER Yes.", Answer("Yes.")),
        ("/claim", Claim("")),
        ("/claim 2\n", Claim("2")),
        ("/requests", ShowRequests()),
        ("/help", ShowHelp()),
        ("/quit", Quit()),
        ("", None),
        (" \n", None),
    ],
)
def test_what_a_line_means(line: str, meant: Typed | None) -> None:
    assert typed.read(line) == meant


@pytest.mark.parametrize(("line", "told"), [("/answer", "The exact words"), ("/answers Yes", "/claim"), ("/", "/quit")])
def test_a_command_that_cannot_be_followed_says_what_can(line: str, told: str) -> None:
    with pytest.raises(Misunderstood, match=told):
        typed.read(line)
