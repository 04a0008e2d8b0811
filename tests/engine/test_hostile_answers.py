"""Whatever a server sends, only errors of the library come out."""

from __future__ import annotations

import asyncio
import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai_lib_python import AiLibError, ChatResponse
from ai_lib_python._engine.assemble import Assembler, ErrorInAnswer
from ai_lib_python._engine.target import program_of
from ai_lib_python._manifest.load import load

from .scripted import JSON, MODELS, SSE, Answer, client, sse
from .transcripts import FRAMES, PLAIN

DIALECTS = sorted(MODELS)

QUICK = settings(max_examples=60, suppress_health_check=list(HealthCheck), derandomize=True)

WORDS = st.sampled_from(
    [
        "",
        "text",
        "tool_use",
        "content_block_delta",
        "message-end",
        "$.a[0].b",
        "$[0]",
        "$.x[99999999999]",
        "$.a.b",
        "{",
        "[DONE]",
    ]
)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(allow_nan=False, allow_infinity=False),
        WORDS,
        st.text(max_size=8),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of everything inside a JSON value."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(inner for key, item in steps for inner in places(item, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with something else at one place."""
    if not path:
        return new
    changed = copy.deepcopy(value)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = new
    return changed


@st.composite
def mutated(draw: st.DrawFn, values: list[Any]) -> Any:
    """A valid answer with one to three things in it replaced."""
    value = draw(st.sampled_from([value for value in values if not isinstance(value, str)]))
    for _ in range(draw(st.integers(1, 3))):
        value = replaced(value, draw(st.sampled_from(places(value))), draw(VALUES))
    return value


def read_with(dialect: str, section: str, data: Any) -> None:
    """Feeds one value to a compiled reader, then asks for the response."""
    program = program_of(load(MODELS[dialect].partition("/")[0]))
    sink = Assembler(program.finish, dialect, [])
    read = program.read_response if section == "response" else program.read_frame
    try:
        read(sink, data)
        read(sink, data)
    except ErrorInAnswer:
        return
    sink.close()
    response = sink.response("p")
    assert isinstance(response.content, str)
    assert all(isinstance(call.arguments, dict) for call in response.tool_calls)
    assert response.usage.total_tokens is None or isinstance(response.usage.total_tokens, int)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_answer_makes_a_reader_fail(dialect: str) -> None:
    @QUICK
    @given(st.one_of(VALUES, mutated([PLAIN[dialect]])))
    def holds(data: Any) -> None:
        read_with(dialect, "response", data)

    holds()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_frame_makes_a_reader_fail(dialect: str) -> None:
    @QUICK
    @given(st.one_of(VALUES, mutated(FRAMES[dialect])))
    def holds(data: Any) -> None:
        read_with(dialect, "stream", data)

    holds()


PATCHES = [
    {"functionCall": {"name": "f", "willContinue": True}},
    {
        "functionCall": {
            "partialArgs": [
                {"jsonPath": "$.a[0].b", "stringValue": "x"},
                {"jsonPath": "$.a", "numberValue": 1},
            ]
        }
    },
]


def test_no_partial_arguments_make_a_reader_fail() -> None:
    frames = [{"candidates": [{"content": {"parts": [part]}}]} for part in PATCHES]

    @QUICK
    @given(mutated(frames), mutated(frames))
    def holds(first: Any, second: Any) -> None:
        read_with("gemini-generate", "stream", first)
        read_with(
            "gemini-generate",
            "stream",
            {"candidates": [{"content": {"parts": [PATCHES[0], *_parts(second)]}}]},
        )

    holds()


def _parts(frame: Any) -> list[Any]:
    try:
        parts = frame["candidates"][0]["content"]["parts"]
    except (LookupError, TypeError):
        return [frame]
    return parts if isinstance(parts, list) else [parts]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_error_body_makes_the_classifier_fail(dialect: str) -> None:
    program = program_of(load(MODELS[dialect].partition("/")[0]))
    errors = [
        {
            "error": {
                "message": "m",
                "code": "c",
                "type": "t",
                "details": [{"reason": "r", "retryDelay": "1.5s"}],
                "status": "S",
            }
        },
        [{"error": {"message": "m", "status": "S"}}],
        {"message": "m", "detail": [{"msg": "x"}]},
    ]

    @QUICK
    @given(st.one_of(VALUES, mutated(errors)), st.integers(100, 599), st.text(max_size=12))
    def holds(body: Any, status: int, wait: str) -> None:
        headers = {"retry-after": wait, "retry-after-ms": wait}
        found = program.classify(status, headers, body)
        assert found.retry_after is None or found.retry_after >= 0

    holds()


@pytest.mark.parametrize(
    "wait",
    [
        "1.2.3s",
        "s",
        ".s",
        "nan",
        "inf",
        "1e999",
        "Mon, 01 Jan 2024 00:00:00 +9999999999999999999",
        "9" * 5000,
    ],
)
def test_odd_retry_hints_are_no_hints_or_numbers(wait: str) -> None:
    program = program_of(load("gemini"))
    body = {"error": {"details": [{"retryDelay": wait}]}}
    found = program.classify(429, {"retry-after": wait}, body)
    assert found.retry_after is None or 0 <= found.retry_after < float("inf")


async def outcome(dialect: str, answer: Answer, *, stream: bool) -> ChatResponse | AiLibError:
    """What a call gives, if it is a response or an error of ours; anything else escapes."""
    asked, _ = await client(dialect, answer)
    try:
        if not stream:
            return await asked.chat().user("hi").execute()
        given = asked.chat().user("hi").stream()
        async for _event in given:
            pass
        return given.response
    except AiLibError as error:
        return error


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("status", [200, 400, 503])
def test_any_json_body_gives_a_response_or_an_error_of_ours(status: int, stream: bool) -> None:
    @settings(QUICK, max_examples=40)
    @given(st.sampled_from(DIALECTS), VALUES, st.sampled_from([JSON, SSE, {}]))
    def holds(dialect: str, data: Any, headers: dict[str, str]) -> None:
        body = sse(data) if headers == SSE and stream else json.dumps(data).encode()
        result = asyncio.run(outcome(dialect, Answer(body, status, headers), stream=stream))
        assert isinstance(result, AiLibError if status != 200 else (AiLibError, ChatResponse))

    holds()


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_any_bytes_give_an_error_of_ours(stream: bool) -> None:
    @settings(QUICK, max_examples=40)
    @given(st.sampled_from(DIALECTS), st.binary(max_size=40), st.sampled_from([JSON, SSE, {}]))
    def holds(dialect: str, body: bytes, headers: dict[str, str]) -> None:
        result = asyncio.run(outcome(dialect, Answer(body, 200, headers), stream=stream))
        assert isinstance(result, AiLibError)

    holds()


DEEP = b"[" * 100_000


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize(
    "body", [DEEP, DEEP.replace(b"[", b'{"a":'), b"data: " + DEEP + b"\n\n"], ids=["lists", "maps", "frame"]
)
@pytest.mark.parametrize("status", [200, 500])
async def test_a_body_nested_too_deep_is_an_error_of_ours(body: bytes, status: int, stream: bool) -> None:
    for headers in (JSON, SSE):
        assert isinstance(await outcome("openai-chat", Answer(body, status, headers), stream=stream), AiLibError)


@pytest.mark.parametrize(
    "path", ["$[0]", "$.a[99999999999]", "$.a[999999]", "$.b.c", "$.b[0]", "", "$", "$.l.x", "$.l[0][0]"]
)
def test_a_path_that_leads_nowhere_changes_no_arguments(path: str) -> None:
    from ai_lib_python._engine.patches import apply_patch

    arguments: dict[str, Any] = {"b": "text", "l": [1]}
    apply_patch(arguments, path, "x")
    assert {key: value for key, value in arguments.items() if value != []} == {"b": "text", "l": [1]}


def test_arguments_that_come_place_by_place_are_put_together() -> None:
    from ai_lib_python._engine.patches import apply_patch

    arguments: dict[str, Any] = {}
    for path, value in [
        ("$.cities[1].name", "Par"),
        ("$.cities[1].name", "is"),
        ("$.cities[0]", 1),
        ("$['a b']", True),
    ]:
        apply_patch(arguments, path, value)
    assert arguments == {"cities": [1, {"name": "Paris"}], "a b": True}


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
async def test_numbers_too_large_for_json_do_not_hide_an_error(stream: bool) -> None:
    body = b'{"error": {"message": {"n": %s}, "code": %s}}' % (b"9" * 30, b"9" * 30)
    for headers in (JSON, SSE):
        given = b"data: " + body + b"\n\n" if stream and headers == SSE else body
        assert isinstance(await outcome("openai-chat", Answer(given, 200, headers), stream=stream), AiLibError)
