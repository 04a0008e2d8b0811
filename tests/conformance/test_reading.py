"""The reading that the client is measured by is itself measured, on answers short enough to see."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .readers import read
from .reading import Call, Expected
from .recordings import DIALECTS, Row
from .replay import BYTEWISE, RANDOM, WHOLE, ReplayServer, body_of, pieces


def a_row(dialect: str, *frames: dict[str, Any] | str, stream: bool = True, host: str = "") -> Row:
    """A row as it would be recorded, from its frames."""
    texts = [frame if isinstance(frame, str) else json.dumps(frame) for frame in frames]
    kind = "sse" if stream else "json"
    text = "".join(f"data: {each}\n\n" for each in texts) if stream else texts[0]
    return Row("a:row", dialect, "", host, 200, stream, kind, "verbatim", "m", text=text)


def chat_chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


def a_call(index: int, arguments: str, **more: Any) -> dict[str, Any]:
    name = more.pop("name", None)
    function = {"arguments": arguments, **({"name": name} if name else {})}
    return {"tool_calls": [{"index": index, "function": function, **more}]}


def test_text_in_pieces_is_joined() -> None:
    row = a_row("openai-chat", chat_chunk({"content": "Hel"}), chat_chunk({"content": "lo"}, "stop"), "[DONE]")
    assert read(row) == Expected(text="Hello", finish_reason="stop")


def test_what_follows_the_end_marker_is_not_read() -> None:
    row = a_row("openai-chat", chat_chunk({"content": "a"}, "stop"), "[DONE]", chat_chunk({"content": "b"}))
    assert read(row).text == "a"


def test_a_stream_without_any_end_is_incomplete() -> None:
    assert read(a_row("openai-chat", chat_chunk({"content": "a"}))) == Expected(text="a", error="incomplete")


def test_an_error_in_mid_stream_is_an_error() -> None:
    row = a_row("openai-chat", chat_chunk({"content": "a"}), {"error": {"message": "no", "code": 7}})
    assert read(row) == Expected(text="a", error="remote", codes=("7",))


def test_a_new_id_and_name_at_an_old_index_begin_a_new_call() -> None:
    row = a_row(
        "openai-chat",
        chat_chunk(a_call(0, "", id="x", name="f")),
        chat_chunk(a_call(0, '{"a": 1}')),
        chat_chunk(a_call(0, "{}", id="y", name="g"), "stop"),
        "[DONE]",
    )
    assert read(row).tool_calls == (Call("f", {"a": 1}, "x"), Call("g", {}, "y"))
    assert read(row).finish_reason == "tool_calls"


def test_broken_arguments_are_kept_and_empty_ones_are_an_empty_object() -> None:
    row = a_row(
        "openai-chat",
        chat_chunk(a_call(0, '{"a', id="x", name="f")),
        chat_chunk(a_call(1, "", id="y", name="g"), "length"),
        "[DONE]",
    )
    assert [call.arguments for call in read(row).tool_calls] == [("not JSON", '{"a'), {}]


def test_other_choices_are_left_out() -> None:
    answer = {"choices": [{"index": 1, "message": {"content": "b"}}, {"index": 0, "message": {"content": "a"}}]}
    assert read(a_row("openai-chat", answer, stream=False)).text == "a"


def test_counts_that_are_null_do_not_undo_counts_that_came() -> None:
    row = a_row(
        "openai-chat",
        chat_chunk({}, usage={"prompt_tokens": 3, "completion_tokens": None}),
        chat_chunk({}, "stop", usage={"prompt_tokens": None, "completion_tokens": 2}),
        "[DONE]",
    )
    assert (read(row).prompt_tokens, read(row).completion_tokens) == (3, 2)


def test_reasoning_counted_beside_the_completion_is_added_where_the_total_says_so() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "completion_tokens_details": {"reasoning_tokens": 4}}
    answer = {"choices": [{"message": {"content": ""}}], "usage": {**usage, "total_tokens": 7}}
    assert read(a_row("openai-chat", answer, stream=False, host="api.x.ai")).completion_tokens == 6
    assert read(a_row("openai-chat", answer, stream=False)).completion_tokens == 2


def test_cached_tokens_that_stand_beside_the_input_are_added() -> None:
    usage = {"input_tokens": 1, "cache_read_input_tokens": 20, "cache_creation_input_tokens": 300}
    answer = {"content": [{"type": "text", "text": "a"}], "stop_reason": "end_turn", "usage": usage}
    assert read(a_row("anthropic-messages", answer, stream=False)).prompt_tokens == 321


def test_tools_that_the_provider_runs_are_no_tool_calls() -> None:
    block = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    start = {"type": "content_block_start", "index": 0, "content_block": block}
    fragment = {"type": "input_json_delta", "partial_json": '{"query": 1}'}
    delta = {"type": "content_block_delta", "index": 0, "delta": fragment}
    assert read(a_row("anthropic-messages", start, delta, {"type": "message_stop"})).tool_calls == ()


def generate_chunk(*parts: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": list(parts)}, "finishReason": finish}], **more}


def test_thoughts_are_reasoning_and_count_as_completion() -> None:
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 1, "thoughtsTokenCount": 2}
    parts = ({"text": "hm", "thought": True}, {"text": "a"})
    row = a_row("gemini-generate", generate_chunk(*parts, finish="STOP", usageMetadata=usage), stream=False)
    assert read(row) == Expected("a", "hm", (), "stop", 5, 3)


def test_arguments_that_come_path_by_path_are_put_together() -> None:
    def fragment(path: str, **value: Any) -> dict[str, Any]:
        partial = {"partialArgs": [{"jsonPath": path, **value}], "willContinue": True}
        return generate_chunk({"functionCall": partial})

    row = a_row(
        "gemini-generate",
        generate_chunk({"functionCall": {"name": "cook", "willContinue": True}}),
        fragment("$.recipe.steps[0].text", stringValue="Bo", willContinue=True),
        fragment("$.recipe.steps[0].text", stringValue="il"),
        fragment("$.recipe.steps[1].minutes", numberValue=3),
        generate_chunk({"functionCall": {}}, finish="STOP"),
    )
    steps = [{"text": "Boil"}, {"minutes": 3}]
    assert read(row).tool_calls == (Call("cook", {"recipe": {"steps": steps}}),)


def test_a_blocked_prompt_is_filtered_content() -> None:
    answer = {"promptFeedback": {"blockReason": "SAFETY"}}
    assert read(a_row("gemini-generate", answer, stream=False)).finish_reason == "content_filter"


def test_a_plan_before_tool_calls_may_be_reasoning_or_not() -> None:
    message = {
        "tool_plan": "I will",
        "tool_calls": [{"id": "x", "function": {"name": "f", "arguments": "{}"}}],
    }
    answer = {"message": message, "finish_reason": "TOOL_CALL"}
    expected = read(a_row("cohere-v2", answer, stream=False))
    assert expected.allows("reasoning", "")
    assert expected.allows("reasoning", "I will")
    assert not expected.allows("reasoning", "another")


@pytest.mark.parametrize("mode", [WHOLE, BYTEWISE, RANDOM])
def test_cutting_loses_nothing(mode: str) -> None:
    body = "data: é\r\n\r\n".encode() * 50
    assert b"".join(pieces(body, mode, seed=1)) == body


def test_every_row_can_be_read_and_served(server: ReplayServer) -> None:
    assert {row.dialect for row in server.rows} == set(DIALECTS)
    unread = [row.id for row in server.rows if read(row).error == "malformed" and row.status == 200]
    assert len(unread) <= max(3, 0.001 * len(server.rows)), unread
    assert all(body_of(row) or row.kind == "text" for row in server.rows)


def test_counts_that_prices_need_are_read_beside_the_others() -> None:
    details = [{"modality": "TEXT", "tokenCount": 3}, {"modality": "AUDIO", "tokenCount": 2}]
    usage = {"promptTokenCount": 5, "toolUsePromptTokenCount": 7, "promptTokensDetails": details}
    row = a_row("gemini-generate", generate_chunk({"text": "a"}, finish="STOP", usageMetadata=usage), stream=False)
    buckets = read(row).buckets
    assert (buckets["audio_input"], buckets["image_input"], buckets["tool_input"]) == (2, 0, 7)
    assert (buckets["audio_output"], buckets["audio_cache_read"]) == (None, None)
