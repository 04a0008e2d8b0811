"""The functions of one manifest, each compiled when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from ..money.bills import PriceList
from .classify import Classified, compile_classifier, compile_request_id, write_classifier, write_request_id
from .decode import compile_reader, write_reader
from .encode import compile_encoder, write_encoder
from .finish import Finish
from .follow import Follow, compile_follow, write_poll, write_stream_url
from .key_headers import compile_key_headers, ways_with_headers, write_key_headers
from .listing import DETAILS, compile_details, compile_listing, write_details, write_listing
from .once import once
from .pricing import price_list_of
from .routes import compile_router, write_router
from .serve import Server, server_writers
from .tags import Tags
from .writer import Writer

if TYPE_CHECKING:
    from ..limits.standing import RateLimit


class ManifestLike(Protocol):
    """What a program needs of a manifest."""

    @property
    def id(self) -> str: ...
    @property
    def origin(self) -> str: ...
    @property
    def data(self) -> dict[str, Any]: ...

    def where(self, path: tuple[str | int, ...]) -> str: ...
    def written(self, path: tuple[str | int, ...]) -> tuple[str | int, ...]: ...


class WayLike(Protocol):
    """What a program needs of a way to authenticate that makes headers of several parts."""

    @property
    def headers(self) -> Mapping[str, Any]: ...
    @property
    def parts(self) -> Collection[str]: ...


class Program:
    """What a client runs. Each attribute is a plain function made from the manifest."""

    def __init__(self, manifest: ManifestLike) -> None:
        self._manifest = manifest

    @once
    def encode(self) -> Callable[..., Any]:
        """``encode(request, stream, notes) -> (path, query, headers, body)``"""
        return compile_encoder(self._manifest, self._manifest.data)

    def key_headers(self, way: WayLike, parts: Mapping[str, str], now: int) -> Any:
        """The headers that one of the manifest's ways to authenticate makes of ``parts``; none where it makes none."""
        asked = (way.headers, set(way.parts))
        return next((make(parts, now) for known, make in self._key_headers if known == asked), {})

    @once
    def _key_headers(self) -> list[tuple[Any, Callable[..., Any]]]:
        """``key_headers(parts, now)`` of each way that makes headers, beside the way's templates and parts"""
        return [
            ((way["headers"], set(way.get("parts") or ())), compile_key_headers(self._manifest, path, way))
            for path, way in ways_with_headers(self._manifest.data)
        ]

    @once
    def streams_only(self) -> bool:
        """Whether answers come as streams alone."""
        return bool(self._manifest.data.get("stream", {}).get("only"))

    @once
    def answers_in_text(self) -> bool:
        """Whether the body of a whole answer is plain text."""
        return bool(self._manifest.data.get("response", {}).get("data") == "text")

    @once
    def route(self) -> Callable[..., str | None]:
        """``route(request, stream)``: the name of another API that the request goes to, or None"""
        return compile_router(self._manifest, self._manifest.data)

    @once
    def read_response(self) -> Callable[..., None]:
        """``read(sink, body, None, headers)``"""
        return compile_reader(self._manifest, self._manifest.data, "response")

    @once
    def read_frame(self) -> Callable[..., None]:
        """``read(sink, frame, event, headers)``"""
        return compile_reader(self._manifest, self._manifest.data, "stream")

    @once
    def follow(self) -> Follow | None:
        """Where the answer is to be had, where the first one is only a receipt."""
        return compile_follow(self._manifest, self._manifest.data)

    @once
    def read_models(self) -> Callable[..., Any]:
        """``read_models(page) -> (names, query of the next page or None)``"""
        return compile_listing(self._manifest, self._manifest.data)

    @once
    def read_details(self) -> Callable[..., Any]:
        """``read_details(page) -> (a ModelInfo for each, query of the next page or None)``"""
        return compile_details(self._manifest, self._manifest.data)

    @once
    def classify(self) -> Callable[..., Classified]:
        """``classify(status, headers, body) -> Classified``"""
        return compile_classifier(self._manifest, self._manifest.data)

    @once
    def request_id(self) -> Callable[..., str | None]:
        """``request_id(headers, body)``: the provider's id of the request, where it gives one"""
        return compile_request_id(self._manifest, self._manifest.data)

    @once
    def tells_limits(self) -> bool:
        """Whether the headers of an answer say how the provider's limits stand."""
        return bool(self._manifest.data.get("rate_limits"))

    def rate_limits(self, headers: Mapping[str, str], now: float) -> RateLimit:
        """How the provider's limits stand; ``now`` is when the answer came, in seconds since 1970."""
        return self._read_rate_limits(headers, now)

    @once
    def _read_rate_limits(self) -> Callable[..., RateLimit]:
        from .rate_limits import compile_rate_limits  # for who looks at limits

        return compile_rate_limits(self._manifest, self._manifest.data)

    @once
    def finish(self) -> Finish:
        """What the words for the end of an answer mean."""
        table = self._manifest.data.get("finish", {})
        words = {str(word): reason for word, reason in table.get("map", {}).items()}
        return Finish(words, table.get("tool_calls_win", False))

    @once
    def tags(self) -> Tags | None:
        """What reasoning inside the text stands between, where this wire has it there."""
        tags = self._manifest.data.get("reasoning_tags")
        return Tags(tags["open"], tags["close"]) if tags else None

    @once
    def price_list(self) -> PriceList:
        """Where the prices of this provider's models are to be had."""
        return price_list_of(self._manifest.data)

    @once
    def serve(self) -> Server:
        """The server half: reads requests and writes answers in this wire format."""
        return Server(self._manifest, self._manifest.data)

    def source(self) -> str:
        """The source of all functions, for people to read."""
        sources = ((title, write().source()) for title, write in self.writers())
        return "\n".join(f"# {self._manifest.id}: {title}\n{source}" for title, source in sources)

    def writers(self) -> Iterator[tuple[str, Callable[[], Writer]]]:
        """What each function of this manifest does, and what writes its source or tells what is wrong with it."""
        manifest, data = self._manifest, self._manifest.data
        if data.get("status", {}).get("is") != "no_chat":
            yield from (
                (title, partial(write, manifest, data)) for title, write, key in _CHAT if not key or key in data
            )
            for path, way in ways_with_headers(data):
                yield f"make the headers of {'.'.join(map(str, path))}", partial(write_key_headers, manifest, path, way)
        if data.get("list_models"):
            yield "read a list of models", partial(write_listing, manifest, data)
            if any(key in data["list_models"] for key in DETAILS):
                yield "read the details of a list of models", partial(write_details, manifest, data)
        yield from server_writers(manifest, data)


def _write_rate_limits(manifest: ManifestLike, data: dict[str, Any]) -> Writer:
    from .rate_limits import write_rate_limits

    return write_rate_limits(manifest, data)


_CHAT: tuple[tuple[str, Callable[..., Writer], str | None], ...] = (
    ("encode a request", write_encoder, None),
    ("read an answer", partial(write_reader, section="response"), None),
    ("read a frame of a stream", partial(write_reader, section="stream"), None),
    ("classify an error", write_classifier, None),
    ("find a request's id", write_request_id, None),
    ("read how limits stand", _write_rate_limits, "rate_limits"),
    ("find where to ask again", write_poll, "follow"),
    ("find where the stream is", write_stream_url, "follow"),
    ("choose an API", write_router, "routes"),
)
"""What a chat needs: what a function does, what writes it, and the key of a manifest without which there is none."""
