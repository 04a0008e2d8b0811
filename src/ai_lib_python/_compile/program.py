"""The functions of one manifest, each compiled when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Protocol

from .classify import Classified, compile_classifier, compile_request_id, write_classifier, write_request_id
from .decode import compile_reader, write_reader
from .encode import compile_encoder, write_encoder
from .finish import Finish
from .follow import Follow, compile_follow, write_poll, write_stream_url
from .key_headers import compile_key_headers
from .listing import compile_listing, write_listing
from .routes import compile_router, write_router
from .serve import Server, write_server
from .tags import Tags
from .writer import Writer


class ManifestLike(Protocol):
    """What a program needs of a manifest."""

    @property
    def id(self) -> str: ...
    @property
    def origin(self) -> str: ...
    @property
    def data(self) -> dict[str, Any]: ...

    def where(self, path: tuple[str | int, ...]) -> str: ...


class Program:
    """What a client runs. Each attribute is a plain function made from the manifest."""

    def __init__(self, manifest: ManifestLike) -> None:
        self._manifest = manifest

    @cached_property
    def encode(self) -> Callable[..., Any]:
        """``encode(request, stream, notes) -> (path, query, headers, body)``"""
        return compile_encoder(self._manifest, self._manifest.data)

    @cached_property
    def key_headers(self) -> Callable[..., Any] | None:
        """``key_headers(parts, now)`` of the first way to authenticate that makes headers of several parts"""
        ways = self._manifest.data.get("auth", {})
        found = next((way for way in ways.get("any", [ways]) if way.get("scheme") == "headers"), None)
        return found and compile_key_headers(self._manifest, found["headers"], tuple(found.get("parts", ())))

    @cached_property
    def streams_only(self) -> bool:
        """Whether answers come as streams alone."""
        return bool(self._manifest.data.get("stream", {}).get("only"))

    @cached_property
    def route(self) -> Callable[..., str | None]:
        """``route(request, stream)``: the name of another API that the request goes to, or None"""
        return compile_router(self._manifest, self._manifest.data)

    @cached_property
    def read_response(self) -> Callable[..., None]:
        """``read(sink, body, None, headers)``"""
        return compile_reader(self._manifest, self._manifest.data, "response")

    @cached_property
    def read_frame(self) -> Callable[..., None]:
        """``read(sink, frame, event, headers)``"""
        return compile_reader(self._manifest, self._manifest.data, "stream")

    @cached_property
    def follow(self) -> Follow | None:
        """Where the answer is to be had, where the first one is only a receipt."""
        return compile_follow(self._manifest, self._manifest.data)

    @cached_property
    def read_models(self) -> Callable[..., Any]:
        """``read_models(page) -> (names, query of the next page or None)``"""
        return compile_listing(self._manifest, self._manifest.data)

    @cached_property
    def classify(self) -> Callable[..., Classified]:
        """``classify(status, headers, body) -> Classified``"""
        return compile_classifier(self._manifest, self._manifest.data)

    @cached_property
    def request_id(self) -> Callable[..., str | None]:
        """``request_id(headers, body)``: the provider's id of the request, where it gives one"""
        return compile_request_id(self._manifest, self._manifest.data)

    @cached_property
    def finish(self) -> Finish:
        """What the words for the end of an answer mean."""
        table = self._manifest.data.get("finish", {})
        words = {str(word): reason for word, reason in table.get("map", {}).items()}
        return Finish(words, table.get("tool_calls_win", False))

    @cached_property
    def tags(self) -> Tags | None:
        """What reasoning inside the text stands between, where this wire has it there."""
        tags = self._manifest.data.get("reasoning_tags")
        return Tags(tags["open"], tags["close"]) if tags else None

    @cached_property
    def serve(self) -> Server:
        """The server half: reads requests and writes answers in this wire format."""
        return Server(self._manifest, self._manifest.data)

    def source(self) -> str:
        """The source of all functions, for people to read."""
        manifest, data = self._manifest, self._manifest.data
        sources = {
            "encode a request": write_encoder(manifest, data),
            "read an answer": write_reader(manifest, data, "response"),
            "read a frame of a stream": write_reader(manifest, data, "stream"),
            "classify an error": write_classifier(manifest, data),
            "find a request's id": write_request_id(manifest, data),
            **_follow_sources(manifest, data),
            **({"list the models": write_listing(manifest, data)} if data.get("list_models") else {}),
            **({"choose an API": write_router(manifest, data)} if data.get("routes") else {}),
            **write_server(manifest, data),
        }
        return "\n".join(f"# {manifest.id}: {title}\n{writer.source()}" for title, writer in sources.items())


def _follow_sources(manifest: ManifestLike, data: dict[str, Any]) -> dict[str, Writer]:
    if not data.get("follow"):
        return {}
    return {
        "find where to ask again": write_poll(manifest, data),
        "find where the stream is": write_stream_url(manifest, data),
    }
