"""The picture of a help request's life, drawn from its table; `python -m holdline.life` prints it for the design."""

from holdline.help_request import TRANSITIONS, Status


def diagram() -> str:
    """A Mermaid state diagram: every status, and every event that leads from one to another."""
    lines = ["stateDiagram-v2", f"    [*] --> {Status.WAITING}: asked"]
    for status, moves in TRANSITIONS.items():
        lines += [f"    {status} --> {after}: {event.replace('_', ' ')}" for event, after in moves.items()]
        if not moves:
            lines.append(f"    {status} --> [*]")
    return "\n".join(lines)


if __name__ == "__main__":
    print(diagram())
