"""The `holdline` command. Each sub-command is a file beside this one, imported when it is called."""

import importlib

import click

# Sub-command -> what `holdline --help` says of it. `holdline text-reply` is `command` in cli/text_reply.py.
_COMMANDS = {
    "up": "Start the whole product on this machine.",
    "call": "Place a recorded caller into the running stack.",
    "text-reply": "Answer by text what the person on duty was texted on the running stack.",
    "console": "Talk to a voice agent in the terminal, and answer its questions there.",
    "organisation": "Begin an organisation with what stands in one file.",
    "number": "Put a phone number into service, or take it out.",
    "models": "Show which providers hear, word and speak a call, and try them.",
    "doctor": "Check everything that can be checked from here, and say how to mend it.",
    "prepare": "Download and build now what `up` would on its first start.",
    "stage": "Make what is uploaded, without uploading it.",
    "deploy": "Put the functions and what they need into Google Cloud.",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"cli.{cmd_name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands)
def main() -> None:
    """Holdline: an AI voice agent on the phone, and a person behind it while the call is live."""


if __name__ == "__main__":
    main()
