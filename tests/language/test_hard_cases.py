# ruff: noqa: E501  # tables of cases are read by the line
"""The hard cases that wire formats really have, each said in the language and tried.

Each test lays a few keys over the small wire of ``conftest.BASE``. What cannot be said yet stands in
``docs/manifest-language.md`` under "Not yet".
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest

from ai_lib_python import AiClient, ContentBlock, Message, ToolCall, ToolDefinition
from ai_lib_python.errors import (
    AuthenticationError,
    ConfigurationError,
    ContextLengthExceeded,
    IncompleteStream,
    InvalidRequestError,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    RemoteError,
    RetiredProviderError,
    ServerError,
    UnsupportedError,
)
from ai_lib_python.message import OpaquePart, ReasoningPart

from .conftest import Execute, Preview, Stream, manifest_of

TOOL = ToolDefinition("add", "Adds", {"type": "object"})
IMAGE = ContentBlock.image_base64("AAAA", "image/png")


def told(preview: Any) -> set[tuple[str, str]]:
    return {(item.parameter, item.action) for item in preview.adjustments}


def parameters(rules: str) -> str:
    return f"parameters: {rules}"


# Requests: parameters


@pytest.mark.parametrize(("model", "name"), [("old-1", "max_tokens"), ("o-3", "max_completion_tokens")])
async def test_a_limit_has_another_name_by_model(model: str, name: str, preview: Preview) -> None:
    text = """
parameters: {max_tokens: {to: max_tokens}}
models: [{match: o-*, parameters: {max_tokens: {to: max_completion_tokens}}}]
"""
    request = await preview(text, lambda chat: chat.user("Hello").max_tokens(9), model=model)
    assert {key for key in request.body if key.startswith("max")} == {name}
    assert request.body[name] == 9


async def test_a_required_parameter_has_a_default_that_is_told(preview: Preview) -> None:
    request = await preview(parameters("{max_tokens: {to: max_tokens, default: 4096}}"))
    assert request.body["max_tokens"] == 4096
    assert told(request) == {("max_tokens", "defaulted")}


@pytest.mark.parametrize(
    ("rule", "given", "sent", "action"),
    [
        ("{refused: not here}", 1.0, None, "dropped"),
        ("{to: t, fixed: 1}", 0.3, 1, "replaced"),
        ("{to: t, max: 1}", 1.6, 1, "clamped"),
        ("{to: t, min: 0.1}", 0.0, 0.1, "clamped"),
        ("{to: t, values: [0.5, 1]}", 0.7, None, "dropped"),
        ("{to: t, map: {0: 0.01}}", 0, 0.01, "replaced"),
        ("{to: t, refused_when: $top_p, reason: one of the two}", 0.7, None, "dropped"),
        ("{to: t, refused_when: {$tools: null}, reason: needs tools}", 0.7, None, "dropped"),
        ("{to: t}", 0.7, 0.7, "renamed"),
    ],
)
async def test_a_parameter_is_adapted_and_that_is_told(
    rule: str, given: float, sent: float | None, action: str, preview: Preview
) -> None:
    text = parameters(f"{{temperature: {rule}, top_p: {{to: top_p}}}}")
    request = await preview(text, lambda chat: chat.user("Hello").temperature(given).top_p(0.5))
    assert request.body.get("t") == sent
    assert ("temperature", action) in told(request)


async def test_a_parameter_without_a_rule_is_dropped_and_that_is_told(preview: Preview) -> None:
    request = await preview("", lambda chat: chat.user("Hello").seed(7))
    assert told(request) == {("seed", "dropped")}


async def test_a_list_that_is_too_long_is_cut(preview: Preview) -> None:
    text = parameters("{stop: {to: stop, max_items: 2}}")
    request = await preview(text, lambda chat: chat.user("Hello").stop(["a", "b", "c"]))
    assert request.body["stop"] == ["a", "b"]
    assert told(request) == {("stop", "clamped")}


async def test_the_first_pattern_that_matches_wins_and_unknown_models_are_free(preview: Preview) -> None:
    text = """
parameters: {seed: {to: seed}}
models:
  - {match: x-*, parameters: {seed: {refused: no seeds}}}
  - {match: [x-1, y], parameters: {seed: {fixed: 3}}}
"""
    sent = {}
    for model in ("x-1", "y", "z"):
        request = await preview(text, lambda chat: chat.user("Hello").seed(7), model=model)
        sent[model] = request.body.get("seed")
    assert sent == {"x-1": None, "y": 3, "z": 7}


async def test_parameters_are_nested(preview: Preview) -> None:
    text = parameters("{top_p: {to: config.sampling.topP}, top_k: {to: config.topK}}")
    request = await preview(text, lambda chat: chat.user("Hello").top_p(0.5).top_k(3))
    assert request.body["config"] == {"sampling": {"topP": 0.5}, "topK": 3}


@pytest.mark.parametrize(
    ("shape", "sent"),
    [
        ("{type: $value.mode, name: $value.name}", {"type": "named", "name": "add"}),
        ("{$by: $value.mode, $case: {named: {mode: ANY, allowed: [$value.name]}}}", {"mode": "ANY", "allowed": ["add"]}),
        ("{value: $value.name}", {"value": "add"}),
        ("$value.mode | upper", "NAMED"),
    ],
)  # fmt: skip
async def test_a_parameter_is_reshaped(shape: str, sent: Any, preview: Preview) -> None:
    text = parameters(f"{{tools: {{as: $absent}}, tool_choice: {{to: choice, as: {shape}}}}}")
    request = await preview(text, lambda chat: chat.user("Hello").tools([TOOL]).tool_choice("add"))
    assert request.body["choice"] == sent


async def test_a_parameter_becomes_several_fields(preview: Preview) -> None:
    rule = "{as: {thinking: {on: $value.enabled}, output: {effort: $value.effort}}}"
    text = parameters(f"{{reasoning: {rule}}}")
    request = await preview(text, lambda chat: chat.user("Hello").reasoning("high"))
    assert (request.body["thinking"], request.body["output"]) == ({"on": True}, {"effort": "high"})


async def test_a_parameter_becomes_a_header_or_a_query_or_a_part_of_the_path(preview: Preview) -> None:
    text = """
request:
  path: "/u/${$user or \\"nobody\\"}/chat"
  turns: {roles: {user: user}}
  body: {messages: []}
parameters:
  seed: {to: header:X-Seed}
  logprobs: {to: query:logprobs}
  user: {as: $absent}
"""
    request = await preview(text, lambda chat: chat.user("Hello").seed(7).logprobs().user_id("ann"))
    assert request.headers["x-seed"] == "7"
    assert request.url == "https://toy.example/u/ann/chat?logprobs=true"


async def test_a_path_that_needs_what_was_not_given_is_refused(preview: Preview) -> None:
    text = 'request: {path: "/u/${$user}", turns: {roles: {user: user}}, body: {a: 1}}'
    with pytest.raises(UnsupportedError, match=r"/u/\$\{\$user\} needs a value that was not given"):
        await preview(text)


async def test_numbers_and_switches_become_text_where_only_text_can_stand(preview: Preview) -> None:
    text = """
request:
  path: /v${2}/chat
  headers: {X-Version: 7, x-seed: "s-${$seed}"}
  query: {beta: true, logs: "${$logprobs}"}
  turns: {roles: {user: user}}
  body: {a: 1}
parameters: {seed: {as: $absent}, logprobs: {as: $absent}}
"""
    request = await preview(text, lambda chat: chat.user("Hello").seed(3).logprobs())
    assert request.url == "https://toy.example/v2/chat?beta=true&logs=true"
    assert (request.headers["x-version"], request.headers["x-seed"]) == ("7", "s-3")


# Requests: where and with what


@pytest.mark.parametrize(
    ("path", "body", "url"),
    [
        ("/chat", "{model: $model}", "/chat"),
        ("/models/${$model | in_path}:run", "{x: 1}", "/models/org/m%201:run"),
        ("/models/${$model | in_path}", "{model: $model}", "/models/org/m%201"),
        ("/chat", "{x: 1}", "/chat"),
    ],
    ids=["body", "path", "both", "absent"],
)
async def test_where_the_model_stands(path: str, body: str, url: str, preview: Preview) -> None:
    text = f'request: {{path: "{path}", turns: {{roles: {{user: user}}}}, body: {body}}}'
    request = await preview(text, model="org/m 1")
    assert request.url == f"https://toy.example{url}"
    assert request.body.get("model") == ("org/m 1" if "$model" in body else None)


async def test_a_stream_is_asked_for_by_path_query_flag_and_header(preview: Preview) -> None:
    text = """
request:
  path: /chat
  stream_path: /chat-stream
  query: {version: 2}
  stream_query: {alt: sse}
  stream_headers: {accept: application/x-ndjson}
  turns: {roles: {user: user}}
  body: {options: {a: 1}}
  stream_body: {options: {stream: true}}
"""
    plain, streamed = await preview(text), await preview(text, stream=True)
    assert (plain.url, plain.body) == ("https://toy.example/chat?version=2", {"options": {"a": 1}})
    assert streamed.url == "https://toy.example/chat-stream?version=2&alt=sse"
    assert streamed.body == {"options": {"a": 1, "stream": True}}
    assert streamed.headers["accept"] == "application/x-ndjson"


async def test_a_base_url_has_placeholders(preview: Preview, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOY_REGION", "eu")
    text = """
endpoint:
  base_url: https://{resource}.{region}.toy.example/v1
  variables: {region: {env: [TOY_REGION]}, resource: {env: [TOY_RESOURCE]}}
"""
    request = await preview(text, variables={"resource": "mine"})
    assert request.url == "https://mine.eu.toy.example/v1/chat"
    with pytest.raises(ConfigurationError, match="TOY_RESOURCE"):
        await preview(text)


@pytest.mark.parametrize(
    ("auth", "where"),
    [
        ("{scheme: bearer}", ("authorization", "Bearer [redacted]")),
        ("{scheme: header, header: X-Key}", ("x-key", "[redacted]")),
        ("{scheme: header, header: authorization, prefix: 'Token '}", ("authorization", "Token [redacted]")),
        ("{any: [{scheme: header, header: a-key}, {scheme: bearer}]}", ("a-key", "[redacted]")),
    ],
)
async def test_a_key_goes_into_a_header(auth: str, where: tuple[str, str], preview: Preview) -> None:
    request = await preview(f"auth: {auth}", api_key="k")
    assert where in request.headers.items()


async def test_a_key_goes_into_the_query_or_nowhere(preview: Preview) -> None:
    request = await preview("auth: {scheme: query, query: key}")
    assert request.url.endswith("/chat?key=%5Bredacted%5D")
    nowhere = await preview("auth: {scheme: none}")
    assert "redacted" not in str((nowhere.url, nowhere.headers))


async def test_of_several_ways_to_authenticate_the_first_with_a_key_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOY_TOKEN", "t")
    text = "auth: {any: [{scheme: header, header: x-key, env: [TOY_KEY]}, {scheme: bearer, env: [TOY_TOKEN]}]}"
    client = await AiClient.create("toy/m", manifest=manifest_of(text))
    credential = await client._caller.target.credential()
    assert credential is not None
    assert (credential.scheme.scheme, credential.key) == ("bearer", "t")


async def test_extra_headers_and_fields_are_fixed_or_the_users_and_those_come_last(preview: Preview) -> None:
    text = """
endpoint: {base_url: https://toy.example, headers: {X-Org: one}}
request:
  path: /chat
  headers: {X-Version: "1"}
  turns: {roles: {user: user}}
  body: {safe: true, options: {a: 1}}
"""

    def ask(chat: Any) -> Any:
        more = chat.user("Hello").extra_body({"options": {"b": 2}, "safe": False})
        return more.extra_headers({"X-ORG": "two"})

    request = await preview(text, ask)
    assert request.body == {"safe": False, "options": {"a": 1, "b": 2}}
    assert (request.headers["x-org"], request.headers["x-version"]) == ("two", "1")
    assert [name for name in request.headers if name.lower() == "x-org"] == ["x-org"]


async def test_a_retired_provider_names_its_successor_unless_an_address_is_given(preview: Preview) -> None:
    text = "status: {is: retired, since: 2026-01-01, successor: pebble}"
    with pytest.raises(RetiredProviderError, match=r"2026-01-01.*pebble"):
        await preview(text)
    request = await preview(text, base_url="http://localhost:1")
    assert request.url == "http://localhost:1/chat"


# Requests: turns and content

TURNS = "request: {path: /chat, turns: {roles: {system: system, user: user, assistant: ai, tool: user}, %s}, body: %s}"
EACH = "{turns: {$each: $turns, $do: {role: .role, text: .text}}}"


def talk(chat: Any) -> Any:
    return chat.system("S1").user("A").system("S2").user("B")


@pytest.mark.parametrize(
    ("body", "system"),
    [
        ("{system: $system.text}", "S1\n\nS2"),
        ("{system: {$each: $system.parts, $do: {text: .text}}}", [{"text": "S1"}, {"text": "S2"}]),
    ],
    ids=["string", "parts"],
)
async def test_the_system_prompt_is_hoisted_and_that_is_told_in_mid_conversation(
    body: str, system: Any, preview: Preview
) -> None:
    request = await preview(TURNS % ("system: hoist", body), talk)
    assert request.body["system"] == system
    assert told(request) == {("system", "moved")}


async def test_system_messages_stay_where_they_are(preview: Preview) -> None:
    request = await preview(TURNS % ("system: inline", EACH), talk)
    assert [turn["text"] for turn in request.body["turns"]] == ["S1", "A", "S2", "B"]


async def test_neighbours_of_one_role_are_merged_so_that_roles_alternate(preview: Preview) -> None:
    body = "{turns: {$each: $turns, $do: {role: .role, parts: {$each: .parts, $do: {$use: part}}}}}"
    fragments = "fragments: {part: {$by: .kind, $case: {text: .text, tool_call: .id, tool_result: .id}}}\n"
    calls = [ToolCall.create("add", {}, id="1"), ToolCall.create("add", {}, id="2")]

    def ask(chat: Any) -> Any:
        chat.user("A").user("B").messages([Message.assistant("C", tool_calls=calls)])
        return chat.tool("1", "x").tool("2", "y").user("D")

    request = await preview(fragments + TURNS % ("system: hoist, merge: true", body), ask)
    assert request.body["turns"] == [
        {"role": "user", "parts": ["A", "B"]},
        {"role": "ai", "parts": ["C", "1", "2"]},
        {"role": "user", "parts": ["1", "2", "D"]},
    ]


@pytest.mark.parametrize(("how", "ids"), [("split", [["1"], ["2"]]), ("group", [["1", "2"]])])
async def test_the_results_of_one_turn_are_grouped_or_split(how: str, ids: list[list[str]], preview: Preview) -> None:
    body = "{turns: {$each: $turns, $where: {.source: tool}, $do: {$each: .parts, $do: .id}}}"
    results = [part for id in "12" for part in Message.tool(id, "x").parts]
    message = Message(Message.tool("0", "x").role, tuple(results))
    request = await preview(TURNS % (f"tool_results: {how}", body), lambda chat: chat.user("A").messages([message]))
    assert request.body["turns"] == ids


async def test_a_turn_may_become_several_items_of_one_list(preview: Preview) -> None:
    text = """
request:
  turns: {roles: {user: user, assistant: model, tool: tool}}
  body:
    items:
      $concat:
        $each: $turns
        $by: .source
        $case:
          user: [{said: .text}]
          assistant: {$each: .parts, $by: .kind, $case: {text: {answer: .text}, tool_call: {call: .name}}}
        $else: .role
"""
    calls = [ToolCall("1", "add"), ToolCall("2", "mul")]
    answer = Message.assistant("Well.", tool_calls=calls)
    shown = await preview(text, lambda chat: chat.messages([Message.user("Hi"), answer, Message.tool("1", "3")]))
    assert shown.body == {"items": [{"said": "Hi"}, {"answer": "Well."}, {"call": "add"}, {"call": "mul"}]}


async def test_content_is_a_plain_string_when_it_is_only_text(preview: Preview) -> None:
    content = "{$if: .only_text, $then: .only_text, $else: {$each: .parts, $do: {$by: .kind, $case: {text: {text: .text}}, $else: {data: image}}}}"
    body = f"{{turns: {{$each: $turns, $do: {{content: {content}}}}}}}"
    request = await preview(TURNS % ("system: inline", body), lambda chat: chat.user("A").user(["B", IMAGE]))
    assert request.body["turns"] == [{"content": "A"}, {"content": [{"text": "B"}, {"data": "image"}]}]


async def test_an_empty_content_is_sent_as_it_is(preview: Preview) -> None:
    request = await preview("", lambda chat: chat.user(""))
    assert request.body["messages"] == [{"role": "user", "text": ""}]


PARTS = TURNS % ("system: inline", "{parts: {$each: $turns, $do: {$each: .parts, $by: .kind, $case: %s}}}")


async def test_a_part_that_a_wire_cannot_say_is_refused_by_name(preview: Preview) -> None:
    with pytest.raises(UnsupportedError, match=r"toy \(m-1\) takes no part of kind 'image_base64'"):
        await preview(PARTS % "{text: .text}", lambda chat: chat.user(["A", IMAGE]))


async def test_a_part_may_be_dropped_with_a_note(preview: Preview) -> None:
    cases = "{text: .text, reasoning: {$drop: this wire keeps no thoughts}}"
    history = Message.assistant([ReasoningPart("hm"), "A"])
    request = await preview(PARTS % cases, lambda chat: chat.messages([history]).user("B"))
    assert request.body["parts"] == [["A"], ["B"]]
    assert told(request) == {("reasoning", "omitted")}


@pytest.mark.parametrize(
    ("kind", "template", "part", "sent"),
    [
        ("image_url", "{url: .url, detail: .detail}", ContentBlock.image_url("https://i", detail="low"), {"url": "https://i", "detail": "low"}),
        ("image_base64", '"data:${.media_type};base64,${.data}"', IMAGE, "data:image/png;base64,AAAA"),
        ("image_base64", "{mime: .media_type, bytes: .data}", IMAGE, {"mime": "image/png", "bytes": "AAAA"}),
        ("image_base64", ".data", ContentBlock.image_url("data:image/png;base64,AAAA"), "AAAA"),
        ("audio_base64", "{data: .data, format: .format}", ContentBlock.audio("AAAA", "audio/mpeg"), {"data": "AAAA", "format": "mp3"}),
        ("file_base64", '{name: .filename or "document", data: .data}', ContentBlock.file("AAAA"), {"name": "document", "data": "AAAA"}),
        ("file_url", "{uri: .url}", ContentBlock.file(url="https://f"), {"uri": "https://f"}),
        ("file_id", "{id: .file_id}", ContentBlock.file(file_id="f-1"), {"id": "f-1"}),
    ],
)  # fmt: skip
async def test_pictures_sounds_and_files(kind: str, template: str, part: Any, sent: Any, preview: Preview) -> None:
    request = await preview(PARTS % f"{{{kind}: {template}}}", lambda chat: chat.user([part]))
    assert request.body["parts"] == [[sent]]


# Requests: tools and what must come back


@pytest.mark.parametrize(
    ("template", "sent"), [(".arguments_json", '{"a":1}'), (".arguments", {"a": 1})], ids=["text", "object"]
)
async def test_arguments_of_a_call_are_a_text_or_an_object(template: str, sent: Any, preview: Preview) -> None:
    message = Message.assistant(tool_calls=[ToolCall.create("add", {"a": 1}, id="1")])
    request = await preview(PARTS % f"{{tool_call: {template}}}", lambda chat: chat.messages([message]))
    assert request.body["parts"] == [[sent]]


@pytest.mark.parametrize(
    ("template", "content", "sent"),
    [
        (".text", "4", "4"),
        ('.text | object("output")', "4", {"output": "4"}),
        ('.text | object("output")', '{"sum": 4}', {"sum": 4}),
        ("{$each: .parts, $by: .kind, $case: {text: {t: .text}}}", "4", [{"t": "4"}]),
        ("{$if: .is_error, $then: {error: .text}, $else: .text}", "4", {"error": "4"}),
        ("{for: .name, gave: .text}", "4", {"for": "add", "gave": "4"}),
    ],
)
async def test_the_result_of_a_call_is_a_text_an_object_or_parts(
    template: str, content: str, sent: Any, preview: Preview
) -> None:
    call = Message.assistant(tool_calls=[ToolCall.create("add", {}, id="1")])

    def ask(chat: Any) -> Any:
        return chat.messages([call]).tool("1", content, is_error="is_error" in template)

    request = await preview(PARTS % f"{{tool_call: .id, tool_result: {template}}}", ask)
    assert request.body["parts"][1] == [sent]


async def test_ids_of_a_fixed_form_are_rewritten_alike_in_call_and_result(preview: Preview) -> None:
    call = Message.assistant(tool_calls=[ToolCall.create("add", {}, id="call_with_a_long_id")])
    cases = "{tool_call: .id | fixed_id(9), tool_result: .id | fixed_id(9)}"

    def ask(chat: Any) -> Any:
        return chat.messages([call]).tool("call_with_a_long_id", "4")

    (first,), (second,) = (await preview(PARTS % cases, ask)).body["parts"]
    assert first == second
    assert len(first) == 9
    assert first.isalnum()
    fitting = await preview(PARTS % cases, lambda chat: chat.user([ToolCall("abcdefghi", "add")]))
    assert fitting.body["parts"] == [["abcdefghi"]]


async def test_an_id_that_was_made_up_here_is_not_sent(execute: Execute, preview: Preview) -> None:
    text = "response: {steps: {calls: {$each: .calls, $do: {tool_call: {name: .name}}}}}"
    response = await execute(text, {"calls": [{"name": "add"}, {"name": "add"}]})
    first, second = response.tool_calls
    assert first.id != second.id
    cases = "{tool_call: {id: .id | given_id, name: .name}}"
    request = await preview(PARTS % cases, lambda chat: chat.messages([response.to_message()]))
    assert request.body["parts"] == [[{"name": "add"}, {"name": "add"}]]


SIGNED = "response: {steps: {think: {reasoning: {text: .think, signature: .sign}}, text: .text}}"


async def test_reasoning_goes_back_with_its_signature(execute: Execute, preview: Preview) -> None:
    response = await execute(SIGNED, {"think": "hm", "sign": "s1", "text": "A"})
    assert response.reasoning == "hm"
    cases = "{text: .text, reasoning: {thought: .text, sign: .signature}}"
    request = await preview(PARTS % cases, lambda chat: chat.messages([response.to_message()]))
    assert request.body["parts"] == [[{"thought": "hm", "sign": "s1"}, "A"]]


@pytest.mark.parametrize(("how", "parts"), [("native", ["A"]), ("keep", ["hm", "A"])])
async def test_reasoning_of_another_wire_is_dropped_or_kept_as_text(
    how: str, parts: list[str], preview: Preview
) -> None:
    history = Message.assistant([ReasoningPart("hm", signature="s1", origin="elsewhere"), "A"])
    body = "{parts: {$each: $turns, $do: {$each: .parts, $by: .kind, $case: {text: .text, reasoning: .text}}}}"
    text = TURNS % (f"reasoning: {how}", body)
    request = await preview(text, lambda chat: chat.messages([history]))
    assert request.body["parts"] == [parts]


async def test_reasoning_is_kept_only_beside_tool_calls(preview: Preview) -> None:
    body = """{turns: {$each: $turns, $do: {text: .text, think: {
      $if: {$some: {$each: .parts, $where: {.kind: tool_call}}},
      $then: {$each: .parts, $where: {.kind: reasoning}, $do: .text}}}}}"""
    alone = Message.assistant([ReasoningPart("hm"), "A"])
    beside = Message.assistant([ReasoningPart("so"), ToolCall("1", "add")])
    request = await preview(TURNS % ("system: inline", body), lambda chat: chat.messages([alone, beside]).user("B"))
    assert request.body["turns"] == [{"text": "A"}, {"think": ["so"]}, {"text": "B"}]


async def test_opaque_data_is_carried_back_unchanged(execute: Execute, preview: Preview) -> None:
    text = "response: {steps: {parts: {$each: .parts, $by: .type, $case: {text: {text: .text}}, $else: {opaque: .}}}}"
    blob = {"type": "search", "results": [{"encrypted": "xyz"}]}
    response = await execute(text, {"parts": [{"type": "text", "text": "A"}, blob]})
    assert response.parts[1] == OpaquePart(blob, "toy")
    cases = "{text: {type: text, text: .text}, opaque: .data}"
    request = await preview(PARTS % cases, lambda chat: chat.messages([response.to_message()]))
    assert request.body["parts"] == [[{"type": "text", "text": "A"}, blob]]


SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("shape", "wanted", "sent"),
    [
        ("{to: format, as: {$by: $value.kind, $case: {json_object: json}, $else: $value.schema}}", "json", {"format": "json"}),
        ("{to: format, as: {$by: $value.kind, $case: {json_object: json}, $else: $value.schema}}", SCHEMA, {"format": SCHEMA}),
        ("{to: rf, as: {type: $value.kind, json_schema: {name: '$value.name or \"answer\"', schema: $value.schema}}}", SCHEMA,
         {"rf": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}}),
        ("{as: {config: {mime: application/json, schema: $value.schema}}}", SCHEMA, {"config": {"mime": "application/json", "schema": SCHEMA}}),
    ],
)  # fmt: skip
async def test_a_response_format_in_several_shapes(
    shape: str, wanted: Any, sent: dict[str, Any], preview: Preview
) -> None:
    text = parameters(f"{{response_format: {shape}}}")
    request = await preview(text, lambda chat: chat.user("Hello").response_format(wanted))
    assert {key: value for key, value in request.body.items() if key != "messages"} == sent


# Responses and streams: framing and ends


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        ("sse", b'data: {"text":"Hi"}\n\ndata:{"why":"done"}\n\n'),
        ("sse", b': hello\r\ndata: {"text":\r\ndata: "Hi"}\r\n\r\ndata: {"why":"done"}\r\n\r\n'),
        ("ndjson", b'{"text":"Hi"}\n\n{"why":"done"}'),
        ("json_array", b'[{"text":"Hi"},\n{"why":"done"}]'),
    ],
    ids=["sse", "sse-multi-line-crlf", "ndjson", "json_array"],
)
async def test_framings(framing: str, body: bytes, stream: Stream) -> None:
    text = f"stream: {{framing: {framing}, ends: [finish], steps: {{text: .text, finish: .why}}}}"
    pieces = [body[index : index + 1] for index in range(len(body))]
    _, response = await stream(text, *pieces)
    assert (response.content, response.finish_reason) == ("Hi", "stop")


async def test_the_name_of_an_sse_event_says_what_it_is(stream: Stream) -> None:
    text = """
stream:
  framing: sse
  ends: [end]
  steps: {by_event: {$by: $event, $case: {word: {text: .w}, over: {finish: .why, end: true}, ping: {}}}}
"""
    body = b'event: ping\ndata: {}\n\nevent: word\ndata: {"w":"Hi"}\n\nevent: over\ndata: {"why":"done"}\n\n'
    events, response = await stream(text, body)
    assert (response.content, response.finish_reason, response.unknown_events) == ("Hi", "stop", 0)
    assert not any(event.is_unknown for event in events)


ENDS = {
    "sentinel": ("{framing: sse, done: '[DONE]', ends: [done], steps: {text: .text}}", b"data: [DONE]\n\n"),
    "event": ("{framing: sse, ends: [end], steps: {text: .text, over: {$if: {.type: stop}, $then: {end: true}}}}", b'data: {"type":"stop"}\n\n'),
    "field": ("{framing: sse, ends: [end], steps: {text: .text, end: .is_last}}", b'data: {"is_last":true}\n\n'),
    "finish": ("{framing: sse, ends: [finish], steps: {text: .text, finish: .why}}", b'data: {"why":"done"}\n\n'),
    "eof": ("{framing: sse, ends: [eof], steps: {text: .text}}", b""),
}  # fmt: skip


@pytest.mark.parametrize("kind", ENDS)
async def test_how_a_stream_ends(kind: str, stream: Stream) -> None:
    text, last = ENDS[kind]
    events, response = await stream(f"stream: {text}", b'data: {"text":"Hi","is_last":false}\n\n', last)
    assert response.content == "Hi"
    assert events[-1].is_stream_end


@pytest.mark.parametrize("kind", [kind for kind in ENDS if kind != "eof"])
async def test_a_stream_that_breaks_off_before_its_end_is_an_error(kind: str, stream: Stream) -> None:
    with pytest.raises(IncompleteStream) as caught:
        await stream(f"stream: {ENDS[kind][0]}", b'data: {"text":"Hi","is_last":false}\n\n')
    assert caught.value.partial.content == "Hi"


async def test_usage_may_come_after_the_finish_reason_and_an_empty_reason_is_none(stream: Stream) -> None:
    text = "usage: {prompt: .in, output: .out}"
    frames = [{"text": "H", "why": ""}, {"text": "i", "why": "done"}, {"usage": {"in": 3, "out": 2}}]
    _, response = await stream(text, *frames)
    assert (response.finish_reason, response.usage.total_tokens) == ("stop", 5)


async def test_of_several_finish_reasons_the_last_counts(stream: Stream) -> None:
    frames = [{"text": "A", "why": "pause"}, {"text": "B", "why": "done"}]
    _, response = await stream("", *frames)
    assert (response.content, response.raw_finish_reason) == ("AB", "done")


async def test_a_frame_that_nobody_knows_is_kept_and_breaks_nothing(stream: Stream) -> None:
    text = """
stream:
  framing: ndjson
  ends: [finish]
  steps: {by_type: {$by: .t, $case: {word: {text: .w}, over: {finish: .why}}}}
"""
    frames = [{"t": "word", "w": "Hi"}, {"t": "new", "x": 1}, {"t": "over", "why": "done"}]
    events, response = await stream(text, *frames)
    assert [event.data for event in events if event.is_unknown] == [{"t": "new", "x": 1}]
    assert (response.content, response.unknown_events) == ("Hi", 1)


# Responses and streams: content


async def test_text_reasoning_refusals_citations_and_log_probabilities(execute: Execute) -> None:
    text = """
response:
  steps:
    reasoning: .reasoning_content or .reasoning
    content:
      $by: .content | type
      $case: {string: {text: .content}, list: {$each: .content, $do: {text: .text, refusal: .refusal}}, "null": {}}
    citations: {$each: .sources, $do: {citation: .}}
    logprobs: .logprobs.content
"""
    whole = {
        "reasoning": "hm",
        "content": [{"text": "A"}, {"refusal": "No."}],
        "sources": [{"url": "u"}],
        "logprobs": {"content": [{"token": "A", "logprob": -0.5}]},
    }
    response = await execute(text, whole)
    assert (response.reasoning, response.content, response.refusal) == ("hm", "A", "No.")
    assert (response.citations, response.logprobs) == (
        ({"url": "u"},),
        ({"token": "A", "logprob": -0.5},),
    )
    assert (await execute(text, {"content": "B"})).content == "B"


CALL_STREAMS = {
    "by index": [{"i": 0, "id": "c1", "n": "add", "a": ""}, {"i": 1, "id": "c2", "n": "mul"}, {"i": 0, "a": '{"x":'}, {"i": 1, "a": "{}"}, {"i": 0, "a": "1}"}],
    "by id": [{"id": "c1", "n": "add", "a": '{"x":'}, {"id": "c2", "n": "mul", "a": "{}"}, {"id": "c1", "a": "1}"}],
    "by neither": [{"n": "add", "a": '{"x":'}, {"a": "1}"}, {"n": "mul", "a": "{}"}],
    "whole": [{"id": "c1", "n": "add", "a": '{"x":1}'}, {"id": "c2", "n": "mul", "a": "{}"}],
    "objects": [{"id": "c1", "n": "add", "a": {"x": 1}}, {"id": "c2", "n": "mul", "a": {}}],
    "repeated": [{"id": "c1", "n": "add", "a": {"x": 1}}, {"id": "c2", "n": "mul"}, {"id": "c1", "n": "add", "a": {"x": 1}}],
}  # fmt: skip


@pytest.mark.parametrize("kind", CALL_STREAMS)
async def test_tool_calls_come_in_many_ways(kind: str, stream: Stream) -> None:
    text = """
stream:
  framing: ndjson
  ends: [finish]
  steps:
    call: {$with: .call, $do: {tool_call: {at: .i, id: .id, name: .n, arguments: .a}}}
    finish: .why
"""
    frames = [{"call": piece} for piece in CALL_STREAMS[kind]]
    events, response = await stream(text, *frames, {"why": "done"})
    calls = [(call.name, call.arguments) for call in response.tool_calls]
    assert calls == [("add", {"x": 1}), ("mul", {})]
    assert len({call.id for call in response.tool_calls}) == 2
    ended = [event.as_tool_call_ended for event in events if event.is_tool_call_ended]
    assert [(event.id, event.arguments_json) for event in ended] == [
        (call.id, call.arguments_json) for call in response.tool_calls
    ]


async def test_whole_arguments_as_text_that_come_twice_are_taken_once(stream: Stream) -> None:
    text = """
stream:
  framing: ndjson
  ends: [finish]
  steps: {calls: {$each: .calls, $do: {tool_call: {id: .id, name: .n, arguments: .a | parse}}}, finish: .why}
"""
    call = {"id": "c1", "n": "add", "a": '{"x":1}'}
    _, response = await stream(text, {"calls": [call]}, {"calls": [call], "why": "done"})
    assert [call.arguments for call in response.tool_calls] == [{"x": 1}]


@pytest.mark.parametrize("pieces", [['{"x":', "1}"], []])
async def test_whole_arguments_at_the_end_of_a_call_count_where_no_piece_came(
    pieces: list[str], stream: Stream
) -> None:
    text = """
stream:
  framing: ndjson
  ends: [finish]
  steps:
    begin: {$if: .n, $then: {tool_call: {at: .i, id: .id, name: .n}}}
    more: {fragment: {at: .i, text: .a}}
    close: {$if: .whole, $then: {part_end: {at: .i, arguments: .whole}}}
    finish: .why
"""
    given = [{"i": 0, "a": piece} for piece in pieces]
    whole = {"i": 0, "whole": '{"x":1}'}
    events, response = await stream(text, {"i": 0, "id": "c1", "n": "add"}, *given, whole, {"why": "done"})
    assert [call.arguments_json for call in response.tool_calls] == ['{"x":1}']
    told = [event.as_partial_tool_call.arguments for event in events if event.is_partial_tool_call]
    assert "".join(told) == '{"x":1}'


async def test_fragments_go_to_what_began_at_the_same_place(stream: Stream) -> None:
    text = """
stream:
  framing: ndjson
  ends: [finish]
  steps:
    by:
      $by: .t
      $case:
        begin:
          $by: .kind
          $case: {call: {tool_call: {at: .i, id: .id, name: .n}}}
          $else: {opaque: {data: ., at: .i}}
        more: {fragment: {at: .i, text: .json, into: input}}
        close: {part_end: .i}
        over: {finish: .why}
"""
    frames: list[dict[str, Any]] = [
        {"t": "begin", "kind": "call", "i": 0, "id": "c1", "n": "add"},
        {"t": "begin", "kind": "search", "i": 1},
        {"t": "more", "i": 0, "json": '{"x":'},
        {"t": "more", "i": 1, "json": '{"q":1}'},
        {"t": "more", "i": 0, "json": "2}"},
        {"t": "close", "i": 0},
        {"t": "over", "why": "done"},
    ]
    _, response = await stream(text, *frames)
    call, opaque = response.parts
    assert isinstance(call, ToolCall)
    assert call.arguments == {"x": 2}
    assert isinstance(opaque, OpaquePart)
    assert opaque.data == {"t": "begin", "kind": "search", "i": 1, "input": {"q": 1}}


async def test_arguments_come_place_by_place(stream: Stream) -> None:
    text = """
stream:
  framing: ndjson
  ends: [finish]
  steps:
    call: {$if: .n, $then: {tool_call: {id: .id, name: .n}}}
    patch: {path: .p, value: .v}
    finish: .why
"""
    frames: list[dict[str, Any]] = [
        {"id": "c1", "n": "add"},
        {"p": "$.city", "v": "Os"},
        {"p": "$.city", "v": "lo"},
        {"p": "$.days[0]", "v": 3},
        {"why": "done"},
    ]
    _, response = await stream(text, *frames)
    assert response.tool_calls[0].arguments == {"city": "Oslo", "days": [3]}


# Responses and streams: finish and usage

FINISH = """
response: {steps: {text: .text, calls: {$each: .calls, $do: {tool_call: {name: .n}}}, finish: .why}}
finish: {tool_calls_win: true, map: {done: stop, full: length, 2: length}}
"""


@pytest.mark.parametrize(
    ("answer", "reason", "raw"),
    [
        ({"text": "A", "why": "done"}, "stop", "done"),
        ({"text": "A", "why": "full"}, "length", "full"),
        ({"text": "A", "why": 2}, "length", "2"),
        ({"text": "A", "why": "eclipse"}, "other", "eclipse"),
        ({"calls": [{"n": "add"}], "why": "done"}, "tool_calls", "done"),
        ({"calls": [{"n": "add"}], "why": "full"}, "length", "full"),
        ({"text": "A", "why": ""}, None, None),
        ({"text": "A"}, None, None),
    ],
)
async def test_finish_reasons(answer: dict[str, Any], reason: str | None, raw: str | None, execute: Execute) -> None:
    response = await execute(FINISH, answer)
    assert (response.finish_reason, response.raw_finish_reason) == (reason, raw)


@pytest.mark.parametrize(
    ("usage", "counts", "read"),
    [
        ("{prompt: .p, cache_read: .c, output: .o, reasoning: .r}", {"p": 10, "c": 4, "o": 7, "r": 5}, (6, 4, None, 7, 5)),
        ("{input: .p, cache_read: .c, cache_write: .w, answer: .o, reasoning: .r}", {"p": 6, "c": 4, "w": 1, "o": 2, "r": 5}, (6, 4, 1, 7, 5)),
        ("{prompt: .p, output: .o}", {"p": 10.0, "o": "7"}, (10, None, None, 7, None)),
        ("{prompt: .p, cache_read: .c, output: .o}", {"p": 0}, (0, None, None, None, None)),
        ("{prompt: .p, output: .o}", {}, (None, None, None, None, None)),
    ],
    ids=["inside", "outside", "floats and texts", "zero is not missing", "missing"],
)  # fmt: skip
async def test_usage_comes_in_many_shapes_and_what_is_missing_is_none(
    usage: str, counts: dict[str, Any], read: tuple[int | None, ...], execute: Execute
) -> None:
    response = await execute(f"usage: {usage}", {"text": "A", "usage": counts})
    found = response.usage
    assert (found.input, found.cache_read, found.cache_write, found.output, found.reasoning) == read


@pytest.mark.parametrize(("adds", "output"), [("false", 3), ("true", 6)])
async def test_counts_of_a_stream_are_sums_or_what_is_new(adds: str, output: int, stream: Stream) -> None:
    frames: list[dict[str, Any]] = [
        {"text": "A", "usage": {"o": 1}},
        {"text": "B", "usage": {"o": 2}},
        {"usage": {"o": 3}, "why": "done"},
    ]
    _, response = await stream(f"usage: {{output: .o, adds: {adds}}}", *frames)
    assert response.usage.output == output


# Errors

ERRORS = """
errors:
  message: .error.message or .error or .message or .0.error.message or .detail
  code: .error.code or .code or $headers.x-error-type
  type: .error.type
  request_id: $headers.x-request-id
  status: {402: quota_exhausted, 529: overloaded}
  codes: {busy: rate_limited, 1301: authentication, Throttled: overloaded}
  texts: {too many tokens: context_length}
"""


@pytest.mark.parametrize(
    ("status", "body", "headers", "kind", "words"),
    [
        (429, {"error": {"message": "slow", "code": "busy"}}, {}, RateLimited, "slow"),
        (400, {"error": {"message": "slow", "code": None, "type": "busy"}}, {}, RateLimited, "slow"),
        (400, {"message": "no", "code": 1301}, {}, AuthenticationError, "no"),
        (400, {"message": "no", "code": "1301"}, {}, AuthenticationError, "no"),
        (402, {"error": "no credit"}, {}, QuotaExhausted, "no credit"),
        (529, [{"error": {"message": "full"}}], {}, Overloaded, "full"),
        (422, {"detail": [{"loc": ["body"], "msg": "bad"}]}, {}, InvalidRequestError, "bad"),
        (400, {"message": "That is too many tokens."}, {}, ContextLengthExceeded, "too many"),
        (400, {"message": "wait"}, {"x-error-type": "Throttled"}, Overloaded, "wait"),
        (502, b"<html>Bad gateway</html>", {}, ServerError, "Bad gateway"),
        (500, b"", {}, ServerError, "empty body"),
        (418, "teapot", {}, InvalidRequestError, "teapot"),
    ],
)
async def test_errors_of_every_shape(
    status: int, body: Any, headers: dict[str, str], kind: type[RemoteError], words: str, execute: Execute
) -> None:
    with pytest.raises(kind, match=words) as caught:
        await execute(ERRORS, body, status=status, headers={"x-request-id": "q-1", **headers})
    assert type(caught.value) is kind
    assert (caught.value.status_code, caught.value.request_id) == (status, "q-1")


INSIDE = """
response: {steps: {error: {$if: .error, $then: .}, text: .text}}
stream: {framing: ndjson, ends: [finish], steps: {error: {$if: .error, $then: .}, text: .text, finish: .why}}
errors: {message: .error.message, code: .error.code, codes: {busy: rate_limited}}
"""


async def test_an_error_inside_200(execute: Execute) -> None:
    with pytest.raises(RateLimited, match="slow") as caught:
        await execute(INSIDE, {"error": {"message": "slow", "code": "busy"}})
    assert caught.value.status_code == 200


async def test_an_error_in_mid_stream(stream: Stream) -> None:
    with pytest.raises(RateLimited, match="slow") as caught:
        await stream(INSIDE, {"text": "Hi"}, {"error": {"message": "slow", "code": "busy"}})
    assert caught.value.partial.content == "Hi"


def soon(seconds: float) -> datetime:
    return datetime.now(timezone.utc) + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("hints", "headers", "body", "wait"),
    [
        ("{seconds: $headers.retry-after}", lambda: {"retry-after": "7"}, {}, 7),
        ("{seconds: $headers.retry-after}", lambda: {"retry-after": format_datetime(soon(60), usegmt=True)}, {}, 60),
        ("{milliseconds: $headers.retry-after-ms, seconds: $headers.retry-after}", lambda: {"retry-after-ms": "1500", "retry-after": "2"}, {}, 1.5),
        ("{milliseconds: $headers.retry-after-ms, seconds: $headers.retry-after}", lambda: {"retry-after": "2"}, {}, 2),
        ("{duration: $headers.x-ratelimit-reset-tokens}", lambda: {"x-ratelimit-reset-tokens": "1m30.5s"}, {}, 90.5),
        ("{date: $headers.x-ratelimit-reset}", lambda: {"x-ratelimit-reset": soon(60).isoformat().replace("+00:00", "Z")}, {}, 60),
        ("{date: $headers.x-ratelimit-reset}", lambda: {"x-ratelimit-reset": f"{soon(60).timestamp():.0f}"}, {}, 60),
        ("{date: $headers.x-ratelimit-reset}", lambda: {"x-ratelimit-reset": f"{soon(60).timestamp() * 1000:.0f}"}, {}, 60),
        ("{seconds: .error.wait}", dict, {"error": {"wait": 3}}, 3),
        ("{seconds: $headers.retry-after}", lambda: {"retry-after": "soon"}, {}, None),
    ],
)  # fmt: skip
async def test_hints_when_to_try_again(
    hints: str, headers: Any, body: Any, wait: float | None, execute: Execute
) -> None:
    with pytest.raises(RateLimited) as caught:
        await execute(
            f"errors: {{retry_after: {hints}, status: {{429: rate_limited}}}}",
            body,
            status=429,
            headers=headers(),
        )
    found = caught.value.retry_after
    assert found == (None if wait is None else pytest.approx(wait, abs=2 if wait == 60 else 0.001))


PLAIN_TEXT = """
stream:
  framing: sse
  data: text
  ends: [end]
  steps:
    by_event:
      $by: $event
      $case:
        output: {text: .}
        done: {end: true}
        error: {error: .}
errors: {message: .}
"""


async def test_frames_may_be_plain_text(stream: Stream) -> None:
    pieces = (b"event: output\ndata: Hel\n\n", b"event: output\ndata: lo\ndata: you\n\n", b"event: done\ndata: {}\n\n")
    _, response = await stream(PLAIN_TEXT, *pieces)
    assert response.content == "Hello\nyou"


async def test_an_error_among_plain_text_is_raised_with_its_words(stream: Stream) -> None:
    with pytest.raises(ServerError, match="out of memory") as caught:
        await stream(PLAIN_TEXT, b"event: output\ndata: Hel\n\n", b"event: error\ndata: out of memory\n\n")
    assert caught.value.partial.content == "Hel"


async def test_usage_stands_in_the_headers_of_an_answer(execute: Execute) -> None:
    text = """
response: {steps: {text: .text, usage: $headers}}
usage: {prompt: .x-tokens-in, output: .x-tokens-out}
"""
    headers = {"x-tokens-in": "12", "x-tokens-out": "3"}
    response = await execute(text, {"text": "Hi"}, headers=headers)
    assert (response.usage.prompt_tokens, response.usage.completion_tokens) == (12, 3)


TAGGED = "reasoning_tags: {open: <think>, close: </think>}"


@pytest.mark.parametrize(
    ("answer", "reasoning", "text"),
    [
        ("<think>Hm. 1 < 2</think>Hello", "Hm. 1 < 2", "Hello"),
        ("  <think>Hm</think>", "Hm", ""),
        ("<think>never closed", "never closed", ""),
        ("<think></think>Hi", None, "Hi"),
        ("The tag <think> opens </think>.", None, "The tag <think> opens </think>."),
        ("<thin ice", None, "<thin ice"),
        ("<thi", None, "<thi"),
        ("<think>a</thinkb</think>c", "a</thinkb", "c"),
    ],
)
async def test_reasoning_stands_between_tags_in_the_text(
    answer: str, reasoning: str | None, text: str, execute: Execute, stream: Stream
) -> None:
    response = await execute(TAGGED, {"text": answer, "why": "done"})
    assert (response.reasoning, response.content) == (reasoning, text)
    frames = [{"text": character} for character in answer]
    events, streamed = await stream(TAGGED, *frames, {"why": "done"})
    assert (streamed.reasoning, streamed.content) == (reasoning, text)
    assert "".join(event.as_content_delta.text for event in events if event.is_content_delta) == text
