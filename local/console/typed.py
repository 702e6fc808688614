"""What a line that is typed into the console means: the caller's words, or a command that begins with a slash."""

from dataclasses import dataclass

HELP = (
    "A line is what the caller says. What begins with a slash is for you:",
    "  /answer The exact words      send them to the caller (/answer 2 ... when several questions are open)",
    "  /claim                       tell the caller that somebody is looking at it (/claim 2)",
    "  /requests                    show what was asked, and what became of it",
    "  /quit                        hang up",
)


class Misunderstood(ValueError):
    """No such command, or not like this; the text says what there is."""


@dataclass(frozen=True)
class Say:
    words: str


@dataclass(frozen=True)
class Answer:
    words: str


@dataclass(frozen=True)
class Claim:
    which: str


@dataclass(frozen=True)
class ShowRequests:
    pass


@dataclass(frozen=True)
class ShowHelp:
    pass


@dataclass(frozen=True)
class Quit:
    pass


Typed = Say | Answer | Claim | ShowRequests | ShowHelp | Quit


def read(line: str) -> Typed | None:
    """None for an empty line; raises Misunderstood."""
    line = line.strip()
    if not line.startswith("/"):
        return Say(line) if line else None
    command, _, rest = line.partition(" ")
    match command.lower():
        case "/answer" | "/a":
            if not rest.strip():
                raise Misunderstood("What shall the caller hear? /answer The exact words")
            return Answer(rest.strip())
        case "/claim":
            return Claim(rest.strip())
        case "/requests":
            return ShowRequests()
        case "/help" | "/?":
            return ShowHelp()
        case "/quit" | "/hangup" | "/q":
            return Quit()
    raise Misunderstood(f"There is no {command}. There are /answer, /claim, /requests, /help and /quit.")
