"""Building a request: what is refused where it is given, and what a builder keeps."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from ai_lib_python import AiClient, ContentBlock, Message, ToolChoice, ToolDefinition
from ai_lib_python.errors import UnsupportedError
from ai_lib_python.tools import Reasoning, ResponseFormat

Asking = Any


@pytest.fixture
async def chat() -> Any:
    client = await AiClient.create("openai/gpt-4o", api_key="k", on_unsupported="ignore")
    return client.chat


RANGES = [
    ("temperature", 3.5, "temperature must be between 0 and 2, got 3.5"),
    ("temperature", -0.1, "temperature must be between 0 and 2, got -0.1"),
    ("temperature", float("nan"), "temperature must be between 0 and 2, got nan"),
    ("top_p", 1.01, "top_p must be between 0 and 1, got 1.01"),
    ("presence_penalty", -3, "presence_penalty must be between -2 and 2, got -3"),
    ("frequency_penalty", 2.5, "frequency_penalty must be between -2 and 2, got 2.5"),
    ("max_tokens", 0, "max_tokens must be at least 1, got 0"),
    ("max_tokens", -5, "max_tokens must be at least 1, got -5"),
    ("top_k", -1, "top_k must be at least 0, got -1"),
    ("timeout", 0, "timeout must be at least 0.001, got 0"),
    ("timeout", -1, "timeout must be at least 0.001, got -1"),
    ("timeout", float("nan"), "timeout must be at least 0.001, got nan"),
    ("timeout", float("inf"), "timeout must be a finite number, got inf"),
    ("stop", ["a", ""], r"stop\[1\] must not be empty"),
    ("user_id", "", "user_id must not be empty"),
    ("model", "", "model must not be empty"),
    ("tool_choice", "", "tool_choice must not be empty"),
    ("response_format", "xml", "response_format must be 'json', 'text' or a JSON Schema, got 'xml'"),
    ("reasoning", "", "effort must not be empty"),
    ("tools", [{"description": "no name"}], r"tools\[0\].*name"),
    ("tools", [{"name": "f", "paramters": {}}], r"tools\[0\].*paramters.*parameters"),
    ("tools", [{"name": 5}], r"tools\[0\].*name"),
    ("n", 0, "n must be at least 1, got 0"),
    ("min_p", 2, "min_p must be between 0 and 1, got 2"),
    ("repetition_penalty", -1, "repetition_penalty must be at least 0, got -1"),
    ("logit_bias", {5: 101}, r"logit_bias\[5\] must be between -100 and 100, got 101"),
    ("logit_bias", {-5: 1}, "a token of logit_bias must be at least 0, got -5"),
    ("verbosity", "", "verbosity must not be empty"),
    ("service_tier", "", "service_tier must not be empty"),
    ("metadata", {"": "a"}, "a name in metadata must not be empty"),
    ("prompt_cache_key", "", "prompt_cache_key must not be empty"),
]


@pytest.mark.parametrize(("setter", "value", "message"), RANGES, ids=lambda value: str(value)[:30])
def test_an_impossible_value_is_refused_with_name_and_value(
    chat: Asking, setter: str, value: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        getattr(chat(), setter)(value)


TYPES = [
    ("temperature", "0.5", "temperature must be a number, got '0.5'"),
    ("temperature", True, "temperature must be a number, got True"),
    ("temperature", None, "temperature must be a number, got None"),
    ("top_p", [1], r"top_p must be a number, got \[1\]"),
    ("presence_penalty", "1", "presence_penalty must be a number"),
    ("frequency_penalty", {}, "frequency_penalty must be a number"),
    ("max_tokens", 1.5, "max_tokens must be a whole number, got 1.5"),
    ("max_tokens", "5", "max_tokens must be a whole number, got '5'"),
    ("max_tokens", True, "max_tokens must be a whole number, got True"),
    ("top_k", 1.0, "top_k must be a whole number, got 1.0"),
    ("seed", "1", "seed must be a whole number, got '1'"),
    ("timeout", "1", "timeout must be a number, got '1'"),
    ("logprobs", 1, "logprobs must be True or False, got 1"),
    ("parallel_tool_calls", "yes", "parallel_tool_calls must be True or False, got 'yes'"),
    ("stop", 5, "stop must be a string or a list of strings, got 5"),
    ("stop", ["a", 5], r"stop\[1\] must be a string, got 5"),
    ("stop", None, "stop must be a string or a list of strings, got None"),
    ("stop", b"x", "stop must be a string or a list of strings"),
    ("stop", {"a": 1}, "stop must be a string or a list of strings"),
    ("user_id", 5, "user_id must be a string, got 5"),
    ("model", 5, "model must be a string, got 5"),
    ("tool_choice", 5, "tool_choice must be a string, got 5"),
    ("response_format", 5, "response_format must be a mapping, got int"),
    ("reasoning", 5, "effort must be a string, got 5"),
    ("extra_body", [1], "extra_body must be a mapping, got list"),
    ("extra_headers", "a: b", "extra_headers must be a mapping, got str"),
    ("extra_query", "a=b", "extra_query must be a mapping, got str"),
    ("extra_query", {"a": 1}, r"extra_query\['a'\] must be a string, got 1"),
    ("extra_headers", {"a": 1}, r"extra_headers\['a'\] must be a string, got 1"),
    ("tools", "weather", "tools must be a list of ToolDefinition, got str"),
    ("tools", 5, "tools must be a list of ToolDefinition, got int"),
    ("tools", ToolDefinition("a"), "tools must be a list of ToolDefinition, got ToolDefinition"),
    ("tools", [5], r"tools\[0\] must be a function, a ToolDefinition or a mapping, got int"),
    ("tools", [{"type": "function", "function": 5}], r"tools\[0\]"),
    ("messages", 5, "messages must be a list of Message, got int"),
    ("messages", Message.user("a"), "messages must be a list of Message, got Message"),
    ("messages", "hi", "messages must be a list of Message, got str"),
    ("messages", [{"role": "user"}], r"messages\[0\] must be a Message, got dict; Message.user"),
    ("n", "2", "n must be a whole number, got '2'"),
    ("min_p", "1", "min_p must be a number, got '1'"),
    ("repetition_penalty", None, "repetition_penalty must be a number, got None"),
    ("logit_bias", [1], "logit_bias must be a mapping, got list"),
    ("logit_bias", {"tree": 1}, "a token of logit_bias must be a whole number, got 'tree'"),
    ("logit_bias", {"5": "1"}, r"logit_bias\['5'\] must be a number, got '1'"),
    ("verbosity", 1, "verbosity must be a string, got 1"),
    ("web_search", "yes", "web_search must be True or False, got 'yes'"),
    ("service_tier", 1, "service_tier must be a string, got 1"),
    ("store", 1, "store must be True or False, got 1"),
    ("metadata", {"a": 1}, r"metadata\['a'\] must be a string, got 1"),
    ("metadata", "a", "metadata must be a mapping, got str"),
    ("prompt_cache_key", 1, "prompt_cache_key must be a string, got 1"),
    ("user", 5, "content must be text, a part, or a list of parts, got int"),
    ("user", None, "content must be text, a part, or a list of parts, got NoneType"),
    ("user", b"x", "content must be text, a part, or a list of parts, got bytes"),
    ("user", {"text": "x"}, "content must be text, a part, or a list of parts, got dict"),
    ("user", ["a", 5], r"content\[1\] must be text or a part made by ContentBlock, got int"),
    ("system", 5, "content must be text"),
    ("assistant", 5, "content must be text"),
]


@pytest.mark.parametrize(("setter", "value", "message"), TYPES, ids=lambda value: str(value)[:30])
def test_a_wrong_type_is_refused_with_name_and_value(chat: Asking, setter: str, value: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        getattr(chat(), setter)(value)


SEARCHES = [
    ({"allowed_domains": ["https://who.int"]}, r"allowed_domains\[0\] must be a domain without a scheme"),
    ({"allowed_domains": ["a.de"], "blocked_domains": ["b.de"]}, "allowed_domains or blocked_domains, not both"),
    ({"location": {"town": "Ulm"}}, "location has a field 'town' that is not known; known are country"),
    ({"location": {"city": ""}}, r"location\['city'\] must not be empty"),
    ({"context_size": "huge"}, "context_size must be one of low, medium, high, got 'huge'"),
    ({"max_uses": 0}, "max_uses must be at least 1, got 0"),
]


@pytest.mark.parametrize(("options", "message"), SEARCHES, ids=lambda value: str(value)[:30])
def test_a_search_is_checked(chat: Asking, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        chat().web_search(**options)


def test_labels_and_biases_are_copied(chat: Asking) -> None:
    labels, biases = {"a": "b"}, {5: 1}
    request = chat().user("Hi").metadata(labels).logit_bias(biases).build()
    labels["a"], biases[5] = "c", 2
    assert (request.metadata, request.logit_bias) == ({"a": "b"}, {"5": 1})
    assert chat().metadata({}).logit_bias({}).build().metadata is None


def test_the_other_arguments_are_checked_too(chat: Asking) -> None:
    with pytest.raises(ValueError, match="top_logprobs must be between 0 and 20, got 21"):
        chat().logprobs(top=21)
    with pytest.raises(ValueError, match="budget must be at least 0, got -1"):
        chat().reasoning(budget=-1)
    for off in (False, "none"):
        with pytest.raises(ValueError, match="reasoning is switched off by 'none', and has a budget of 2000 tokens"):
            chat().reasoning(off, budget=2000)
    with pytest.raises(TypeError, match="id must be a string"):
        chat().tool(5, "x")


@pytest.mark.parametrize("headers", [{"x-a": "b\r\nx-c: d"}, {"x a": "b"}, {"x-a\n": "b"}, {"": "b"}, {"x-a": "\0"}])
def test_a_header_that_http_cannot_hold_is_refused(chat: Asking, headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="extra_headers"):
        chat().extra_headers(headers)


def test_a_query_parameter_needs_a_name(chat: Asking) -> None:
    with pytest.raises(ValueError, match="a name in extra_query must not be empty"):
        chat().extra_query({"": "1"})


async def test_a_clients_timeout_is_checked() -> None:
    for value in (0, -1, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="timeout"):
            await AiClient.create("openai/gpt-4o", api_key="k", timeout=value)
    with pytest.raises(TypeError, match="timeout"):
        await AiClient.create("openai/gpt-4o", api_key="k", timeout="3")  # type: ignore[arg-type]


async def test_a_policy_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="on_unsupported must be one of warn, error, ignore, got 'raise'"):
        await AiClient.create("openai/gpt-4o", api_key="k", on_unsupported="raise")


def test_messages_stand_in_call_order(chat: Asking) -> None:
    request = (
        chat()
        .system("1")
        .user("2")
        .messages([Message.assistant("3"), Message.user("4")])
        .assistant("5")
        .user("6")
        .build()
    )
    assert [message.text for message in request.messages] == ["1", "2", "3", "4", "5", "6"]


def test_executing_does_not_use_a_builder_up(chat: Asking) -> None:
    builder = (
        chat().system("a").user("b").temperature(0.5).stop(["x"]).extra_body({"n": {"a": 1}}).tools([{"name": "f"}])
    )
    assert builder.preview() == builder.preview()
    assert builder.build() == builder.build()


def test_a_request_that_is_built_stays_as_it_is(chat: Asking) -> None:
    builder = chat().user("a")
    before = builder.build()
    builder.user("b").temperature(1)
    assert (len(before.messages), before.temperature) == (1, None)


def test_chats_share_nothing(chat: Asking) -> None:
    first = chat().user("a").temperature(0.1)
    second = chat().user("b")
    assert [message.text for message in first.build().messages] == ["a"]
    assert [message.text for message in second.build().messages] == ["b"]
    assert second.build().temperature is None


def test_a_list_that_is_changed_afterwards_changes_no_request(chat: Asking) -> None:
    history, stops, body = [Message.user("a")], ["x"], {"n": {"a": [1]}}
    builder = chat().messages(history).stop(stops).extra_body(body)
    before = builder.preview()
    history.append(Message.user("b"))
    stops.append("y")
    body["n"]["a"].append(2)
    assert builder.preview() == before


def test_sending_changes_nothing_that_the_caller_gave(chat: Asking) -> None:
    body = {"stream_options": {"x": 1}, "metadata": {"a": {}}}
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    builder = chat().user("a").extra_body(body).response_format(schema).tools([ToolDefinition("f", None, schema)])
    builder.preview(stream=True)
    assert body == {"stream_options": {"x": 1}, "metadata": {"a": {}}}
    assert schema == {"type": "object", "properties": {"a": {"type": "string"}}}


def test_extra_body_merges_last(chat: Asking) -> None:
    body = (
        chat()
        .user("a")
        .temperature(0.5)
        .extra_body({"temperature": 9, "stream_options": {"x": 1}})
        .preview(stream=True)
        .body
    )
    assert body["temperature"] == 9
    assert body["stream_options"] == {"include_usage": True, "x": 1}


@pytest.mark.parametrize("value", [{"x": object()}, {"x": {1, 2, 3, object()}}, {"x": "\ud800"}])
def test_a_body_that_is_no_json_is_an_error_of_ours(chat: Asking, value: Any) -> None:
    with pytest.raises(UnsupportedError, match="JSON") as caught:
        chat().user("a").extra_body(value).preview()
    assert caught.value.provider == "openai"


@pytest.mark.parametrize(
    ("text", "fields", "place"),
    [
        ("a", {"x": {"y": [1, object()]}}, "x.y[1]"),
        ("a\ud800", {}, "messages[0].content"),
    ],
)
def test_the_place_of_what_is_no_json_is_told(chat: Asking, text: str, fields: dict[str, Any], place: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        chat().user(text).extra_body(fields).preview()
    assert str(caught.value).endswith(f"(at {place})")


def test_a_body_that_holds_itself_is_an_error(chat: Asking) -> None:
    body: dict[str, Any] = {}
    body["self"] = body
    with pytest.raises((UnsupportedError, ValueError)):
        chat().user("a").extra_body(body).preview()


def test_a_request_without_messages_is_an_error_that_helps(chat: Asking) -> None:
    with pytest.raises(UnsupportedError, match=r"\.user\(\.\.\.\)"):
        chat().preview()


def test_one_stop_is_a_list_of_one(chat: Asking) -> None:
    assert chat().stop("END").build().stop == ("END",)
    assert chat().stop([]).build().stop is None


def test_tools_come_in_every_usual_form(chat: Asking) -> None:
    expected = ToolDefinition("f", "d", {"type": "object"})
    fields = {"name": "f", "description": "d", "parameters": {"type": "object"}}
    for given in (expected, fields, {"type": "function", "function": fields}, {"type": "function", **fields}):
        assert chat().tools([given]).build().tools == (expected,)


def test_tool_choice_in_words(chat: Asking) -> None:
    assert chat().tool_choice("auto").build().tool_choice == ToolChoice("auto")
    assert chat().tool_choice("weather").build().tool_choice == ToolChoice("named", "weather")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ToolChoice("sometimes"), "mode must be one of auto, none, required, named, got 'sometimes'"),
        (lambda: ToolChoice("named"), 'the mode "named" needs the name of a tool'),
        (lambda: ResponseFormat("json"), "kind must be one of text, json_object, json_schema, got 'json'"),
        (lambda: ResponseFormat("json_schema"), 'the kind "json_schema" needs a schema'),
    ],
)
def test_a_choice_or_format_that_says_nothing_is_refused_where_it_is_made(
    make: Callable[[], object], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        make()


def test_response_format_in_every_usual_form(chat: Asking) -> None:
    schema = {"type": "object", "title": "T"}
    for given, expected in [
        ("json", ResponseFormat("json_object")),
        ("text", ResponseFormat("text")),
        ({"type": "json_object"}, ResponseFormat("json_object")),
        (schema, ResponseFormat("json_schema", schema, "T")),
        (
            {"type": "json_schema", "json_schema": {"name": "n", "schema": schema, "strict": True}},
            ResponseFormat("json_schema", schema, "n", True),
        ),
    ]:
        assert chat().response_format(given).build().response_format == expected


def test_reasoning_in_every_form(chat: Asking) -> None:
    for arguments, expected in [
        ((), Reasoning(True)),
        ((True,), Reasoning(True)),
        ((False,), Reasoning(False)),
        (("none",), Reasoning(False)),
        (("low",), Reasoning(True, "low")),
    ]:
        assert chat().reasoning(*arguments).build().reasoning == expected
    assert chat().reasoning(budget=5).build().reasoning == Reasoning(True, None, 5)


def test_the_repr_says_what_is_asked_but_not_its_text(chat: Asking) -> None:
    text = repr(chat().user("a secret").temperature(0.5))
    assert "1 messages" in text
    assert "temperature" in text
    assert "a secret" not in text


async def test_the_policy_error_refuses_what_would_be_dropped() -> None:
    client = await AiClient.create("anthropic/claude-haiku-4-5", api_key="k", on_unsupported="error")
    with pytest.raises(UnsupportedError, match="seed was dropped"):
        await client.chat().user("a").seed(5).execute()


def test_parts_go_in_as_a_list(chat: Asking) -> None:
    (message,) = chat().user(["Look:", ContentBlock.image_url("https://x/y.png")]).build().messages
    assert [part.kind for part in message.parts] == ["text", "image_url"]
