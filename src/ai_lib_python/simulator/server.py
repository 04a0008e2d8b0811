"""The simulator as a server: it starts, stops, and knows what it is to answer."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections import deque
from collections.abc import Iterable
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING

import msgspec

from .._engine.background import BackgroundLoop
from ..errors import AiLibError
from .answers import Answer, SimulatedError
from .faults import Fault, FaultMix, Scripted
from .received import ReceivedRequest
from .replying import Kept, Replier, Reply, nothing_there, out_of_order
from .routing import Arrived, Router

if TYPE_CHECKING:
    from aiohttp import web

MODELS = ("simulator",)
"""What the list of models names, unless told otherwise."""

SHUTDOWN = 0.1
"""Seconds that open answers may take to end when the server stops."""


class Simulator:
    """A server on this machine that answers as any manifest's provider would.

    Use it as ``async with``; or as ``with`` from code that has no event loop, it then runs in a thread of
    its own. Its methods may be called from any thread.
    """

    def __init__(
        self,
        answers: Iterable[Scripted] = (),
        *,
        delay: float = 0.0,
        pace: float = 0.0,
        host: str = "127.0.0.1",
        port: int = 0,
        manifest_dir: str | PathLike[str] | None = None,
        models: Iterable[str] = MODELS,
        keep: int | None = None,
        strict: bool = True,
        faults: FaultMix | None = None,
    ) -> None:
        """
        Args:
            answers: what to answer, in order; an echo when they are used up.
            delay: seconds before each answer.
            pace: seconds between the frames of a stream.
            host: the address to listen at; this machine only, unless told otherwise.
            port: 0 takes a free one.
            manifest_dir: a folder with manifests of your own, looked into first.
            models: what the list of models names.
            keep: how many of the last requests are kept in ``requests``; None keeps all.
            strict: refuse, as the real API would, unknown fields at any depth, missing ones, values of a wrong type,
                and conversations out of order; the error names the field or the message. At an address that names no
                manifest unknown fields are taken, as nobody knows whose they are; a manifest of your own that only
                inherits what is refused is not held to it. False takes what can be read.
            faults: what goes wrong with answers for which the script names no fault, drawn by a seed.
        """
        self.delay = delay
        self.pace = pace
        self._strict = strict
        self._faults = faults
        self._script: deque[Scripted] = deque()
        self._models = tuple(models)
        self._router = Router(manifest_dir)
        self._received: deque[ReceivedRequest] = deque(maxlen=keep)
        self._numbers = itertools.count(1)
        self._kept: dict[str, Kept] = {}
        self._host = host
        self._port = port
        self._runner: web.ServerRunner | None = None
        self._thread: BackgroundLoop | None = None
        self._lock = threading.Lock()
        self.script(*answers)

    def script(self, *answers: Scripted) -> Simulator:
        """Adds answers to give, one for each request, before it echoes again. A ``Fault`` is one that goes wrong."""
        for answer in answers:
            if not isinstance(answer, (Answer, SimulatedError, Fault)):
                got = type(answer).__name__
                raise TypeError(f"an answer must be an Answer, a SimulatedError or a Fault, got {got}")
        self._script.extend(answers)
        return self

    def forget(self) -> Simulator:
        """Takes back the answers of the script that nobody has asked for."""
        self._script.clear()
        return self

    @property
    def requests(self) -> list[ReceivedRequest]:
        """What has come so far, the first request first."""
        return list(self._received)

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``

        Raises:
            RuntimeError: it is not running.
        """
        if self._runner is None:
            raise RuntimeError("the simulator is not running; use it as `async with`, or call start()")
        host, port = self._runner.addresses[0][:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def address(self, manifest_id: str) -> str:
        """The base URL for a client of that manifest, a provider or a dialect.

        Raises:
            UnknownModelError: there is no such manifest; the message lists the dialects.
        """
        return f"{self.url}/{self._router.check(manifest_id)}"

    async def start(self) -> Simulator:
        """Begins to listen, in the loop of the caller.

        Raises:
            RuntimeError: it is running already.
            OSError: it cannot listen there; the port may be in use.
        """
        from aiohttp import web

        if self._runner is not None:
            raise RuntimeError("the simulator is running already")
        server = web.Server(self._handle, handler_cancellation=True, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=SHUTDOWN)
        await runner.setup()
        await web.TCPSite(runner, self._host, self._port).start()
        self._runner = runner
        return self

    async def stop(self) -> None:
        """Closes every connection. One that runs in a thread may be stopped from any loop."""
        if self._thread is not None and not self._thread.is_current:
            await asyncio.to_thread(self.close)
            return
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def start_in_thread(self) -> Simulator:
        """Begins to listen, in a daemon thread of its own; :meth:`close` ends it."""
        thread = BackgroundLoop("ai-lib simulator")
        try:
            thread.run(self.start())
        except BaseException:
            thread.stop()
            raise
        self._thread = thread
        return self

    def close(self) -> None:
        """Ends what :meth:`start_in_thread` began."""
        with self._lock:
            thread = self._thread
            if thread is not None:
                thread.run(self.stop())
                thread.stop()
            self._thread = None

    async def __aenter__(self) -> Simulator:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def __enter__(self) -> Simulator:
        return self.start_in_thread()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Simulator {self.url if self._runner is not None else 'not running'}>"

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        from .sending import nobody, received, send

        arrived = await received(request)
        self._received.append(arrived)
        try:
            reply = self._reply(arrived)
            await asyncio.sleep(self.delay if reply.delay is None else reply.delay)
            return await send(request, reply, self.pace)
        except asyncio.CancelledError:
            arrived.disconnected = True
            raise
        except ConnectionError:
            arrived.disconnected = True
            return nobody()

    def _reply(self, received: ReceivedRequest) -> Reply:
        try:
            return self._routed(received)
        except AiLibError as error:
            return out_of_order(error)

    def _routed(self, received: ReceivedRequest) -> Reply:
        arrived = Arrived(received.method, received.path, received.query, received.headers)
        match = self._router.find(arrived)
        if match is None:
            return nothing_there(arrived, self._router.routes(received.path))
        received.manifest_id = match.manifest.id
        number = next(self._numbers)
        replier = Replier(match, number, self._models, lambda: self._next(number), self._kept, strict=self._strict)
        return replier.reply(arrived, received)

    def _next(self, number: int) -> Scripted | None:
        """The next of the script, taken from it, with the fault that is drawn for this request."""
        said = self._script.popleft() if self._script else None
        if self._faults is not None and not isinstance(said, Fault):
            said = self._faults.draw(number, said) or said
        if not isinstance(said, Fault) or said.kind != "storm":
            return said
        next_one = msgspec.structs.replace(said, count=said.count - 1) if said.count > 1 else said.answer
        if next_one is not None:
            self._script.appendleft(next_one)
        return SimulatedError("rate_limited", "simulated storm", retry_after=said.retry_after)
