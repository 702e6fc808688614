"""A Chromium for the tests that look at pages: from PATH, else Debian's package, else Playwright's own download."""

import os
import shutil
import subprocess
import sys

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def on_path() -> str | None:
    """The executable that Playwright is to start; None leaves it to its own download."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def provide() -> None:
    """Have one; raises CalledProcessError when even the download fails."""
    if on_path() is not None:
        return
    may_install = shutil.which("apt-get") is not None and os.geteuid() == 0
    if may_install:
        print("installing Chromium with apt", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "-qq", "update"], ["apt-get", "-qq", "install", "--yes", "chromium"]):
            subprocess.run(command, env=quiet, check=False, stdout=subprocess.DEVNULL)  # noqa: S603
    if on_path() is None:
        # Downloads nothing when it has been downloaded before. The libraries that it needs are the system's.
        options = ["--with-deps"] if may_install else []
        subprocess.run([sys.executable, "-m", "playwright", "install", *options, "chromium"], check=True)  # noqa: S603


if __name__ == "__main__":
    try:
        provide()
    except (OSError, subprocess.CalledProcessError):
        sys.exit("Chromium cannot be had: install it and put `chromium` on PATH.")
