"""The simulator as a server: takes requests off the wire, and puts answers on it."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Union

from .._compile.served import ServedError
from .._engine.background import BackgroundLoop
from .._engine.failures import parse_body
from .answers import Answer, SimulatedError
from .echo import echo
from .failing import served_error
from .received import ReceivedRequest
from .requests import CannotRead, read_request
from .routing import Arrived, Match, Router, has_key
from .writing import CONTENT_TYPES, Frame, answer_id, as_json, ending, error_frames, framed, served, stream_frames

if TYPE_CHECKING:
    from aiohttp import web

Scripted = Union[Answer, SimulatedError]

MODELS = ("simulator",)
"""What the list of models names, unless told otherwise."""

SHUTDOWN = 0.1
"""Seconds that open answers may take to end when the server stops."""


class Simulator:
    """A server on this machine that answers as any manifest's provider would.

    Use it as ``async with``, or as ``with`` from code that has no event loop; it then runs in a thread of its own.
    All of its methods may be called from any thread.
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
    ) -> None:
        """
        Args:
            answers: what to answer, in order; an echo when they are used up.
            delay: seconds before each answer.
            pace: seconds between the frames of a stream.
            port: 0 takes a free one.
            manifest_dir: a folder with manifests of your own, looked into first.
            models: what the list of models names.
            keep: how many of the last requests are kept in ``requests``; None keeps all.
        """
        self._script: deque[Scripted] = deque()
        self.script(*answers)
        self.delay = delay
        self.pace = pace
        self.models = tuple(models)
        self.router = Router(manifest_dir)
        self._received: deque[ReceivedRequest] = deque(maxlen=keep)
        self._numbers = itertools.count(1)
        self._host = host
        self._port = port
        self._runner: web.ServerRunner | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: BackgroundLoop | None = None
        self._lock = threading.Lock()

    # What it is told, and what it tells

    def script(self, *answers: Scripted) -> Simulator:
        """Adds answers to give, one for each request, before it echoes again."""
        for answer in answers:
            if not isinstance(answer, (Answer, SimulatedError)):
                raise TypeError(f"an answer must be an Answer or a SimulatedError, got {type(answer).__name__}")
        self._script.extend(answers)
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
        return f"{self.url}/{self.router.check(manifest_id)}"

    # Starting and stopping

    async def start(self) -> Simulator:
        """Begins to listen, in the loop of the caller."""
        from aiohttp import web

        if self._runner is not None:
            raise RuntimeError("the simulator is running already")
        server = web.Server(self._handle, handler_cancellation=True, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=SHUTDOWN)
        await runner.setup()
        await web.TCPSite(runner, self._host, self._port).start()
        self._runner, self._loop = runner, asyncio.get_running_loop()
        return self

    async def stop(self) -> None:
        """Closes every connection; from any loop."""
        if self._thread is not None:
            await asyncio.to_thread(self.close)
            return
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def start_in_thread(self) -> Simulator:
        """Begins to listen, in a thread of its own."""
        thread = BackgroundLoop("ai-lib simulator")
        thread.run(self.start())
        self._thread = thread
        return self

    def close(self) -> None:
        """Ends what :meth:`start_in_thread` began."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.run(self.stop())
            thread.stop()

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

    # One request

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        received, arrived = await _received(request)
        self._received.append(received)
        match = self.router.find(arrived)
        if match is None:
            return _json(404, self._nothing_there(arrived))
        received.manifest_id = match.manifest.id
        try:
            return await self._answered(request, received, match, arrived)
        except asyncio.CancelledError:
            received.disconnected = True
            raise

    async def _answered(
        self, request: web.BaseRequest, received: ReceivedRequest, match: Match, arrived: Arrived
    ) -> web.StreamResponse:
        reply = _Reply(match, next(self._numbers))
        if not has_key(match.manifest, arrived):
            return reply.error(SimulatedError("authentication", "there is no API key in the request"))
        if match.lists_models:
            return _json(200, match.program.serve.write_models(list(self.models)))
        try:
            received.request, streamed = read_request(match.program, received.body, dict(match.path), match.streamed)
            planned = self._plan(received, reply.number, streamed)
        except CannotRead as error:
            return reply.error(SimulatedError("invalid_request", str(error)))
        await asyncio.sleep(self.delay if planned.delay is None else planned.delay)
        if planned.answer is None:
            return reply.error(planned.error)
        body = served(match.manifest, received.request, planned.answer, reply.number)
        if not streamed:
            return await _send_plain(request, match.program.serve.write_response(body), reply, planned.answer)
        frames = stream_frames(match.program, body, planned.answer.chunk_size)
        return await _send_stream(request, reply, self._broken(planned, frames, reply), planned.answer, self.pace)

    def _plan(self, received: ReceivedRequest, number: int, streamed: bool) -> _Plan:
        """What to answer: the next of the script, or an echo; an error in mid-stream comes within an echo."""
        request = received.request
        assert request is not None
        try:
            planned = self._script.popleft()
        except IndexError:
            return _Plan(echo(request, number), None, None)
        if isinstance(planned, Answer):
            return _Plan(planned, None, planned.delay)
        if planned.after_frames is None or not streamed:
            return _Plan(None, planned, planned.delay)
        return _Plan(echo(request, number), planned, planned.delay)

    @staticmethod
    def _broken(planned: _Plan, frames: Iterator[Frame], reply: _Reply) -> Iterator[Frame]:
        """The frames of an answer, with the planned error in the place of those behind it."""
        if planned.error is None:
            return frames
        told = error_frames(reply.match.program, reply.served_error(planned.error))
        return itertools.chain(itertools.islice(frames, planned.error.after_frames), told)

    def _nothing_there(self, arrived: Arrived) -> dict[str, Any]:
        routes = self.router.routes()
        message = f"the simulator has nothing at {arrived.method} {arrived.path}; it has {', '.join(routes)}"
        return {"error": {"message": message, "type": "not_found"}, "routes": routes}
