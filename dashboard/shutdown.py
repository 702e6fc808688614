"""A clean stop: open streams would hold the process until it is killed."""

import signal
import threading
from types import FrameType

from flask import Flask

from dashboard.services import KEY, Services


def stop_streams_on_sigterm(app: Flask) -> None:
    """End every live stream when the server is told to stop, then let the server's own handler do the rest."""
    if threading.current_thread() is not threading.main_thread():
        return  # only the main thread may listen to signals
    services: Services = app.extensions[KEY]
    server = signal.getsignal(signal.SIGTERM)

    def stop(number: int, frame: FrameType | None) -> None:
        services.hub.stop()
        if callable(server):
            server(number, frame)

    signal.signal(signal.SIGTERM, stop)
