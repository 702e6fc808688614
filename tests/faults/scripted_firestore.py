"""A server that speaks Firestore's Listen call as a script says, to show the failures that no emulator shows."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.watch import WATCH_TARGET_ID

_Kind = types.TargetChange.TargetChangeType
_Response = types.ListenResponse.pb()

Stream = Callable[[grpc.ServicerContext], Iterator[Any]]


def _target(kind: int, *targets: int, code: int = 0) -> Any:
    response = _Response()
    response.target_change.target_change_type = kind
    response.target_change.target_ids.extend(targets)
    response.target_change.cause.code = code
    return response


def state_of(*names: str, revision: int = 1) -> list[Any]:
    """The answers that make up one consistent state: these documents, as complete."""
    responses = [_target(_Kind.ADD, WATCH_TARGET_ID)]
    for name in names:
        response = _Response()
        response.document_change.target_ids.append(WATCH_TARGET_ID)
        _describe(response.document_change.document, name, revision=revision)
        responses.append(response)
    consistent = _target(_Kind.NO_CHANGE)
    consistent.target_change.read_time.seconds = revision
    return [*responses, _target(_Kind.CURRENT, WATCH_TARGET_ID), consistent]


def _describe(document: Any, name: str, *, revision: int = 1) -> None:
    document.name = name
    document.fields["name"].string_value = name.rpartition("/")[2]
    document.update_time.seconds = revision


def removed_by_server(code: int) -> Any:
    return _target(_Kind.REMOVE, WATCH_TARGET_ID, code=code)


def count_is(count: int) -> Any:
    """What the server believes the client should have."""
    response = _Response()
    response.filter.count = count
    response.filter.target_id = WATCH_TARGET_ID
    return response


class ScriptedFirestore:
    """Each stream is served by the next of the script's steps, the last one again and again.

    `found` is what a query meets, where it is given; else queries are not answered with documents but refused.
    """

    def __init__(
        self,
        *script: Stream,
        port: int = 0,
        found: Callable[[], Sequence[str]] | None = None,
        streams: int = 8,
        streams_per_connection: int | None = None,
    ) -> None:
        self._script = script
        self._found = found
        self._lock = threading.Lock()
        self.opened = 0
        options = [] if streams_per_connection is None else [("grpc.max_concurrent_streams", streams_per_connection)]
        self._server = grpc.server(ThreadPoolExecutor(max_workers=streams), options=options)
        self._server.add_generic_rpc_handlers((_Handler(self._listen, self._run_query),))
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self._server.start()

    def stop(self, *, grace_s: float | None = None) -> None:
        """End every stream; with a grace, say first (GOAWAY) that the connection will end."""
        self._server.stop(grace_s).wait()

    def _listen(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        with self._lock:
            step = self._script[min(self.opened, len(self._script) - 1)]
            self.opened += 1
        next(requests)
        yield from step(context)

    def _run_query(self, _: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        if self._found is None:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "nobody is to ask")
        for name in self._found():
            answer = types.RunQueryResponse.pb()()
            _describe(answer.document, name)
            answer.read_time.seconds = 1
            yield answer


def ends_with(code: grpc.StatusCode, *first: Any) -> Stream:
    """Say this, then fail."""

    def stream(context: grpc.ServicerContext) -> Iterator[Any]:
        yield from first
        context.abort(code, "as the script says")

    return stream


def says(*responses: Any) -> Stream:
    """Say this, then end the stream without an error."""
    return lambda _: iter(responses)


def stays_open(*responses: Any) -> Stream:
    """Say this, then be silent until the client leaves."""

    def stream(context: grpc.ServicerContext) -> Iterator[Any]:
        left = threading.Event()
        context.add_callback(left.set)
        yield from responses
        left.wait()

    return stream


class _Handler(grpc.GenericRpcHandler):
    def __init__(
        self,
        listen: Callable[[Iterator[Any], grpc.ServicerContext], Iterator[Any]],
        run_query: Callable[[Any, grpc.ServicerContext], Iterator[Any]],
    ) -> None:
        self._listen = listen
        self._run_query = run_query

    def service(self, call: grpc.HandlerCallDetails) -> Any:
        match call.method.rpartition("/")[2]:
            case "Listen":
                return grpc.stream_stream_rpc_method_handler(
                    self._listen, types.ListenRequest.pb().FromString, _as_bytes
                )
            case "RunQuery":
                return grpc.unary_stream_rpc_method_handler(
                    self._run_query, types.RunQueryRequest.pb().FromString, _as_bytes
                )
        return None


def _as_bytes(response: Any) -> bytes:
    data: bytes = response.SerializeToString()
    return data
