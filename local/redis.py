"""A redis for the tests of LiveKit's SIP service, which keeps its trunks there: from PATH, else Debian's package."""

import os
import shutil
import subprocess
import sys


def on_path() -> str | None:
    """The server's executable."""
    return shutil.which("redis-server")


def provide() -> None:
    """Install it where we may."""
    if on_path() is None and shutil.which("apt-get") is not None and os.geteuid() == 0:
        print("installing redis with apt", flush=True)
        # In this runlevel the package starts no server of its own.
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        for command in (["apt-get", "-qq", "update"], ["apt-get", "-qq", "install", "--yes", "redis-server"]):
            subprocess.run(command, env=quiet, check=False, stdout=subprocess.DEVNULL)  # noqa: S603


if __name__ == "__main__":
    provide()
    if on_path() is None:
        sys.exit("redis cannot be had: install it and put `redis-server` on PATH.")
