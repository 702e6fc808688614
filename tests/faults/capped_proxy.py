"""What production's front does and the emulator does not: no more than 100 streams a connection, the next one waits.

`python -m tests.faults.capped_proxy PORT TARGET` passes every call on as bytes; a process of its own, so that it takes
no time from the one that is measured.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import grpc

STREAMS = 100
OURS = ("user-agent",)


class _PassOn(grpc.GenericRpcHandler):
    def __init__(self, target: str) -> None:
        self._target = target
        self._once: Any = None

    def service(self, call: grpc.HandlerCallDetails) -> Any:
        method = call.method
        metadata = [(name, value) for name, value in call.invocation_metadata if name not in OURS]

        async def listen(requests: AsyncIterator[bytes], _: Any) -> AsyncIterator[bytes]:
            async with self._channel() as channel:
                there = channel.stream_stream(method)(metadata=metadata)
                await there.write(await anext(requests))  # a client of Firestore's asks for one target, and listens
                async for response in there:
                    yield response

        async def once(request: bytes, context: Any) -> AsyncIterator[bytes]:
            self._once = self._once or self._channel()
            try:
                async for response in self._once.unary_stream(method)(request, metadata=metadata):
                    yield response
            except grpc.aio.AioRpcError as error:
                await context.abort(error.code(), error.details() or "")

        if method.endswith("/Listen"):
            return grpc.stream_stream_rpc_method_handler(listen)
        return grpc.unary_stream_rpc_method_handler(once)  # what answers once answers a stream of one

    def _channel(self) -> Any:
        return grpc.aio.insecure_channel(self._target, [("grpc.use_local_subchannel_pool", 1)])


async def serve(port: int, target: str) -> None:
    server = grpc.aio.server(options=[("grpc.max_concurrent_streams", STREAMS)])
    server.add_generic_rpc_handlers((_PassOn(target),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
