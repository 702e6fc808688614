"""A server that speaks Firestore's Listen call as a script says, to show the failures that no emulator shows."""

import threading
from collections.abc import Callable, Iterator
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
        response.document_change.document.name = name
        response.document_change.document.fields["name"].string_value = name.rpartition("/")[2]
        response.document_change.document.update_time.seconds = revision
        responses.append(response)
    consistent = _target(_Kind.NO_CHANGE)
    consistent.target_change.read_time.seconds = revision
    return [*responses, _target(_Kind.CURRENT, WATCH_TARGET_ID), consistent]


def removed_by_server(code: int) -> Any:
    return _target(_Kind.REMOVE, WATCH_TARGET_ID, code=code)


def count_is(count: int) -> Any:
    """What the server believes the client should have."""
    response = _Response()
    response.filter.count = count
    response.filter.target_id = WATCH_TARGET_ID
    return response


class ScriptedFirestore:
    """Each stream is served by the next of the script's steps, the last one again and again."""

    def __init__(self, *script: Stream, port: int = 0) -> None:
        self._script = script
        self._lock = threading.Lock()
        self.opened = 0
        self._server = grpc.server(ThreadPoolExecutor(max_workers=8))
        self._server.add_generic_rpc_handlers((_Handler(self._listen),))
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self._server.start()

    def stop(self) -> None:
        self._server.stop(None).wait()

    def _listen(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        with self._lock:
            step = self._script[min(self.opened, len(self._script) - 1)]
            self.opened += 1
        next(requests)
        yield from step(context)


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
    def __init__(self, listen: Callable[[Iterator[Any], grpc.ServicerContext], Iterator[Any]]) -> None:
        self._listen = listen

    def service(self, call: grpc.HandlerCallDetails) -> Any:
        if call.method != "/google.firestore.v1.Firestore/Listen":
            return None
        return grpc.stream_stream_rpc_method_handler(
            self._listen,
            request_deserializer=types.ListenRequest.pb().FromString,
            response_serializer=lambda response: response.SerializeToString(),
        )
