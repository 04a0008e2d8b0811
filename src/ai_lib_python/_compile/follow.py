"""Writes the functions that say where an answer is to be had, for providers whose first answer is only a receipt.

follow:
  poll: {url: .urls.get, until: {.status: [succeeded, failed]}, every: 0.5}
  stream: {url: .urls.stream}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .conditions import write_condition
from .context import Context, Source
from .expression import is_template
from .scope import VALUE, WIRE, Ref, Scope
from .values import write_value
from .writer import Writer, compile_function

EVERY = 0.5
"""Seconds between two looks, where a manifest does not say."""


NEEDED = {"poll": ("url", "until"), "stream": ("url",)}
"""Without a URL there is nothing to ask; without a condition it would be asked for ever."""


class Follow(NamedTuple):
    """How the answer behind a receipt is got.

    Attributes:
        poll: ``poll(body, headers, status)``: None where the answer is whole; else the URL to ask again, which is empty
            where this answer names none.
        stream: ``stream(body, headers, status)``: the URL of the stream, or None where there is none.
        every: seconds between two looks.
        headers: more headers of the requests that follow.
    """

    poll: Callable[..., str | None]
    stream: Callable[..., str | None]
    every: float
    headers: dict[str, str]


def compile_follow(manifest: Source, data: dict[str, Any]) -> Follow | None:
    """The functions of a manifest's ``follow``, ready to call; None where answers come at once."""
    follow = data.get("follow")
    if not follow:
        return None
    return Follow(
        compile_function(write_poll(manifest, data), "poll", f"{manifest.id} poll"),
        compile_function(write_stream_url(manifest, data), "stream", f"{manifest.id} stream url"),
        follow.get("poll", {}).get("every", EVERY),
        {name.lower(): value for name, value in follow.get("headers", {}).items()},
    )


def write_poll(manifest: Source, data: dict[str, Any]) -> Writer:
    """The source of ``poll(body, headers, status)``."""
    return _write(manifest, data, "poll")


def write_stream_url(manifest: Source, data: dict[str, Any]) -> Writer:
    """The source of ``stream(body, headers, status)``."""
    return _write(manifest, data, "stream")


def _check_url(context: Context, url: Any) -> None:
    """A text that is no address is most likely a path without its dot."""
    if not isinstance(url, (str, dict)):
        context.fail(f"expected an expression or a text, got {url!r}")
    if isinstance(url, str) and not is_template(url) and not url.startswith(("/", "http://", "https://")):
        context.fail(f"{url!r} stands for itself here, and is no address; a path begins with a dot: .{url}")


def _write(manifest: Source, data: dict[str, Any], key: str) -> Writer:
    context = Context(manifest, data.get("fragments", {}), "follow")
    writer = context.writer
    step = data["follow"].get(key)
    with writer.block(f"def {key}(body, headers, status):"), context.at("follow", key):
        names = {"headers": Ref("headers", WIRE, True), "status": Ref("status", VALUE, True)}
        scope = Scope(Ref("body", WIRE), names)
        if step is None:
            writer.line("return None")
            return writer
        for needed in NEEDED[key]:
            if needed not in step:
                context.fail(f'the key "{needed}" is missing')
        if "until" in step:
            with context.at("until"):
                condition = write_condition(context, scope, step["until"])
            with writer.block(f"if {condition}:"):
                writer.line("return None")
        with context.at("url"):
            _check_url(context, step["url"])
            url = writer.assign(write_value(context, scope, step["url"]).code)
            writer.line(f"return {url}" if key == "stream" else f"return '' if {url} is None else {url}")
    return writer
