"""The server half: functions that read a request and write an answer, a stream and an error.

serve:
  routes: [{path: /v1/messages}]             the end of a path; it may hold {model}. `stream: true` marks one that
                                             always streams; `query` says what else must be there, `framing`
                                             how its frames are written, where not as the client half reads
                                             `method`, `headers`, `status`; `receipt: true` answers with the
                                             receipt, `of: id` with the answer that was asked for before
  receipt: TEMPLATE                          says where the answer is to be had, from $answer
  request: TEMPLATE                          wire JSON -> the fields of a chat request
  finish: {stop: end_turn}                   our words -> the wire's
  response: TEMPLATE                         from $answer
  stream: {start: [FRAME], text: [FRAME]}    see STREAM_EVENTS; a frame is {event, id, data}, {exception, data} or {raw}
  numbered: sequence_number                  a field in the data of each frame that counts the frames from 0
  headers: TEMPLATE                          of each answer, from $answer
  error: {codes, status, headers: TEMPLATE, body: TEMPLATE, stream: [FRAME]}
  models: {path, body: TEMPLATE}             the list of models, from $models
  accepts: {body: SHAPE}                     what a strict simulator takes: see shapes.py
  snake_case: true                           names of fields may be written in snake_case too
  order: {first: user, last: {is: user, when: COND}}      what it demands of the order of messages
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from .conditions import write_condition
from .context import Context, Source
from .once import once
from .scope import VALUE, WIRE, Ref, Scope
from .shapes import Shape, read_shapes
from .values import operator_of, write_value
from .writer import Writer, compile_function

STREAM_EVENTS = (
    "start",
    "reasoning_start",
    "reasoning",
    "reasoning_end",
    "text_start",
    "text",
    "text_end",
    "tool_call_start",
    "tool_call",
    "tool_call_end",
    "finish",
    "end",
)
"""What a stream is made of, in order; a block's start, pieces and end repeat for each block."""

ANSWER_SCOPE = {
    "answer": Ref("answer", "answer", True),
    "index": Ref("index", VALUE, True),
    "text": Ref("text", VALUE),
    "call": Ref("call", "call"),
}


class Server:
    """The compiled server half of one manifest."""

    def __init__(self, manifest: Source, data: dict[str, Any]) -> None:
        self._manifest = manifest
        self._data = data
        self._serve = data.get("serve", {})

    @once
    def read_request(self) -> Callable[..., Any]:
        """``read_request(body, path, stream, query) -> dict`` of a chat request's fields"""
        return self._compiled(write_request_reader(self._manifest, self._data), "read_request")

    @once
    def write_response(self) -> Callable[..., Any]:
        """``write_response(answer) -> body``"""
        writer = _writer(self._manifest, self._data, ("response",), "write_response(answer)", ["answer"])
        return self._compiled(writer, "write_response")

    @once
    def write_receipt(self) -> Callable[..., Any]:
        """``write_receipt(answer) -> body`` of what says where the answer is to be had"""
        writer = _writer(self._manifest, self._data, ("receipt",), "write_receipt(answer)", ["answer"])
        return self._compiled(writer, "write_receipt")

    @once
    def write_headers(self) -> Callable[..., Any]:
        """``write_headers(answer) -> the headers of an answer``"""
        writer = _writer(self._manifest, self._data, ("headers",), "write_headers(answer)", ["answer"])
        return self._compiled(writer, "write_headers")

    @once
    def write_frames(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """For each event of a stream: ``write(answer, index, text, call) -> frames``"""
        return {
            event: self._compiled(write_frames(self._manifest, self._data, event), "write_frames")
            for event in STREAM_EVENTS
            if event in self._serve.get("stream", {})
        }

    @once
    def write_error(self) -> Callable[..., Any]:
        """``write_error(error) -> body``"""
        writer = _writer(self._manifest, self._data, ("error", "body"), "write_error(error)", ["error"])
        return self._compiled(writer, "write_error")

    @once
    def write_error_headers(self) -> Callable[..., Any]:
        """``write_error_headers(error) -> the headers of an error``"""
        writer = _writer(self._manifest, self._data, ("error", "headers"), "write_error_headers(error)", ["error"])
        return self._compiled(writer, "write_error_headers")

    @once
    def write_error_frames(self) -> Callable[..., list[dict[str, Any]]]:
        """``write_error_frames(error) -> frames``, for an error in mid-stream"""
        path = ("error", "stream")
        writer = _writer(self._manifest, self._data, path, "write_error_frames(error)", ["error"])
        return self._compiled(writer, "write_error_frames")

    @once
    def write_models(self) -> Callable[..., Any]:
        """``write_models(models) -> body`` of the list of models"""
        writer = _writer(self._manifest, self._data, ("models", "body"), "write_models(models)", ["models"])
        return self._compiled(writer, "write_models")

    @once
    def accepts(self) -> Shape | None:
        """The shape of the requests; None where the manifest says none"""
        return read_shapes(self._manifest, self._data)

    @once
    def order(self) -> Callable[..., dict[str, Any]]:
        """``order(body, path) -> {check: its word, or None where it does not count}``"""
        return self._compiled(write_order(self._manifest, self._data), "order")

    def _compiled(self, writer: Writer, name: str) -> Callable[..., Any]:
        return compile_function(writer, name, f"{self._manifest.id} {name}")


def server_writers(manifest: Source, data: dict[str, Any]) -> Iterator[tuple[str, Callable[[], Writer]]]:
    """What each function of the server half does, and what writes its source; nothing where a manifest has none."""
    if "serve" not in data:
        return

    def template(path: tuple[str, ...], head: str, name: str) -> Callable[[], Writer]:
        return partial(_writer, manifest, data, path, head, [name])

    yield "read a request", partial(write_request_reader, manifest, data)
    yield "hold a request against its shape", partial(_checked_shapes, manifest, data)
    if data["serve"].get("order"):
        yield "say what order is demanded", partial(write_order, manifest, data)
    yield "write an answer", template(("response",), "write_response(answer)", "answer")
    if "receipt" in data["serve"]:
        yield "write a receipt", template(("receipt",), "write_receipt(answer)", "answer")
    yield "write an answer's headers", template(("headers",), "write_headers(answer)", "answer")
    for event in STREAM_EVENTS:
        if event in data["serve"].get("stream", {}):
            yield f"write a stream: {event}", partial(write_frames, manifest, data, event)
    yield "write an error", template(("error", "body"), "write_error(error)", "error")
    yield "write an error's headers", template(("error", "headers"), "write_error_headers(error)", "error")
    yield "write an error in mid-stream", template(("error", "stream"), "write_error_frames(error)", "error")
    yield "list the models", template(("models", "body"), "write_models(models)", "models")


def write_request_reader(manifest: Source, data: dict[str, Any]) -> Writer:
    """The source of ``read_request(body, path, stream, query)``."""
    context = Context(manifest, data.get("fragments", {}), "serve")
    with context.at("serve"):
        _check_routes(context, data.get("serve", {}))
    with context.writer.block("def read_request(body, path, stream, query):"), context.at("serve", "request"):
        names = {"path": Ref("path", WIRE, True), "stream": Ref("stream", VALUE), "query": Ref("query", WIRE, True)}
        ref = write_value(context, Scope(Ref("body", WIRE, True), names), data.get("serve", {}).get("request", {}))
        context.writer.line(f"return {ref.code}")
    return context.writer


def _checked_shapes(manifest: Source, data: dict[str, Any]) -> Writer:
    """Nothing to be written: shapes are read, not compiled; this tells of those that are none."""
    read_shapes(manifest, data)
    return Writer()


def write_order(manifest: Source, data: dict[str, Any]) -> Writer:
    """The source of ``order(body, path)``."""
    context = Context(manifest, data.get("fragments", {}), "serve")
    scope = Scope(Ref("body", WIRE, True), {"path": Ref("path", WIRE, True)})
    entries = []
    with context.writer.block("def order(body, path):"), context.at("serve", "order"):
        for name, value in data.get("serve", {}).get("order", {}).items():
            with context.at(name):
                entries.append(f"{name!r}: {_demand(context, scope, value)}")
        context.writer.line(f"return {{{', '.join(entries)}}}")
    return context.writer


def _demand(context: Context, scope: Scope, value: Any) -> str:
    """What a check demands, as Python; None where its condition does not hold."""
    if not isinstance(value, dict):
        return repr(value)
    with context.at("when"):
        condition = write_condition(context, scope, value.get("when", True))
    return f"{value['is']!r} if {condition} else None"


def _check_routes(context: Context, serve: dict[str, Any]) -> None:
    """Refuses routes that point to what is not there."""
    for index, route in enumerate(serve.get("routes", ())):
        with context.at("routes", index):
            names = re.findall(r"\{(\w+)\}", route["path"])
            if "of" in route and route["of"] not in names:
                with context.at("of"):
                    hint = context.nearest(route["of"], names)
                    context.fail(f"no placeholder {{{route['of']}}} in the path {route['path']}{hint}")
            if route.get("receipt") and "receipt" not in serve:
                context.fail("gives a receipt, but the key serve.receipt is missing")
    if "models" in serve and "path" not in serve["models"]:
        with context.at("models"):
            context.fail('the key "path" is missing')


def _check_frames(context: Context, frames: Any) -> None:
    """Refuses frames with nothing in them, or with twice the same."""
    for index, frame in enumerate(frames or ()):
        is_plain = isinstance(frame, dict) and not operator_of(context, frame)
        if is_plain and ("data" in frame) == ("raw" in frame):
            with context.at(index):
                context.fail("a frame has data or raw, one of the two")


def write_frames(manifest: Source, data: dict[str, Any], event: str) -> Writer:
    """The source of ``write_frames(answer, index, text, call)`` for one event of a stream."""
    context = Context(manifest, data.get("fragments", {}), "serve")
    with (
        context.writer.block("def write_frames(answer, index=0, text=None, call=None):"),
        context.at("serve", "stream", event),
    ):
        _check_frames(context, data["serve"]["stream"][event])
        ref = write_value(context, Scope(None, ANSWER_SCOPE), data["serve"]["stream"][event])
        context.writer.line(f"return {ref.code}")
    return context.writer


def _writer(manifest: Source, data: dict[str, Any], path: tuple[str, ...], head: str, names: list[str]) -> Writer:
    """The source of a function that writes the template at ``path`` of ``serve``."""
    context = Context(manifest, data.get("fragments", {}), "serve")
    node: Any = data.get("serve", {})
    for key in path:
        node = node.get(key) or {}
    with context.writer.block(f"def {head}:"), context.at("serve", *path):
        if path == ("error", "stream"):
            _check_frames(context, node)
        scope = Scope(None, {name: Ref(name, name if name != "models" else WIRE, True) for name in names})
        context.writer.line(f"return {write_value(context, scope, node).code}")
    return context.writer
