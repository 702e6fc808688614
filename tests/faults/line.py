"""A piece of wire between a client and a server, that can go dead without a word to either."""

import contextlib
import socket
import threading


class Line:
    """Connections to `port` reach the server at `to`."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._pairs: list[_Pair] = []
        self.connections = 0
        threading.Thread(target=self._accept, name="line", daemon=True).start()

    def go_mute(self) -> None:
        """Half-open: the connections that there are stay up and carry nothing any more. New ones work."""
        with self._lock:
            for pair in self._pairs:
                pair.is_mute.set()

    def hang_up_when_used(self) -> None:
        """The connections that there are end as soon as the client sends anything. New ones work."""
        with self._lock:
            for pair in self._pairs:
                pair.hangs_up.set()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for pair in self._pairs:
                pair.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                near.close()
                continue
            with self._lock:
                self.connections += 1
                self._pairs.append(_Pair(near, far))


class _Pair:
    def __init__(self, near: socket.socket, far: socket.socket) -> None:
        self._ends = near, far
        self.is_mute = threading.Event()
        self.hangs_up = threading.Event()
        for come, go in ((near, far), (far, near)):
            threading.Thread(target=self._carry, args=(come, go), name="line", daemon=True).start()

    def close(self) -> None:
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _carry(self, come: socket.socket, go: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := come.recv(65536):
                if self.hangs_up.is_set():
                    break
                if not self.is_mute.is_set():
                    go.sendall(data)
        if not self.is_mute.is_set():
            self.close()
