# ruff: noqa: E501  # tables of cases are read by the line
"""What manifests can say of parameters. Each test lays a few keys over the small wire of ``conftest.BASE``."""

from __future__ import annotations

from typing import Any

import pytest

from ai_lib_python import ToolDefinition
from ai_lib_python.errors import ManifestError, UnsupportedError

from .conftest import TOOL, Preview, client_of, parameters, told


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
    text = parameters(f"{{tools: {{to: tools}}, tool_choice: {{to: choice, as: {shape}}}}}")
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
  path: "/u/${$user or \\"nobody\\" | in_segment}/chat"
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


async def test_what_a_template_sends_is_not_told_as_dropped(preview: Preview) -> None:
    text = "request: {path: /c, turns: {roles: {user: user}}, body: {s: $seed, t: {$if: $top_p, $then: 1}}}"
    request = await preview(text, lambda chat: chat.user("Hello").seed(7).top_p(0.5))
    assert request.body["s"] == 7
    assert told(request) == {("top_p", "dropped")}


@pytest.mark.parametrize(
    "text",
    [
        "request: {path: '/c/${2}', turns: {roles: {user: user}}, body: {m: 1}}",
        "parameters: {seed: {to: s}, top_k: {to: s, refused_when: $seed}}",
        "parameters: {top_p: {as: $absent, values: [1]}}",
        "parameters: {logprobs: {to: logs, as: $top_logprobs}, top_logprobs: {as: $absent}}",
        "request: {path: /c, turns: {roles: {user: user}}, body: {m: {$if: $seed, $then: 1}}}\nparameters: {seed: {as: $absent}}",
        "request: {path: /c, turns: {roles: {user: user}}, body: {o: {s: 1}}}\nparameters: {seed: {to: o.s}}",
        "parameters: {top_p: {to: p, min: 0, max: 1, default: 1}}",
    ],
)  # fmt: skip
async def test_what_is_no_mistake_in_the_rules_is_taken(text: str, preview: Preview) -> None:
    assert (await preview(text)).method == "POST"


async def test_a_path_that_needs_what_was_not_given_is_refused(preview: Preview) -> None:
    text = 'request: {path: "/u/${$user | in_segment}", turns: {roles: {user: user}}, body: {a: 1}}'
    with pytest.raises(UnsupportedError, match=r"/u/\$\{\$user \| in_segment\} needs a value that was not given"):
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


@pytest.mark.parametrize(
    ("body", "rule", "problem"),
    [
        ("{m: $model}", "{to: m.seed}", "nothing can be put at m.seed: m is a string in the body"),
        ("{m: {n: $extra_body.n}}", "{to: m.n.seed}", "m.n.seed: n is a number in the body"),
        ("{m: 1}", "{as: $value}", "only a map can be laid over the body, not a number"),
    ],
    ids=["a text", "a number", "no map"],
)  # fmt: skip
async def test_a_parameter_that_would_go_into_what_is_no_map_is_refused(
    body: str, rule: str, problem: str, preview: Preview
) -> None:
    text = f"request: {{path: /c, turns: {{roles: {{user: user}}}}, body: {body}}}\n" + parameters(f"{{seed: {rule}}}")
    with pytest.raises(UnsupportedError, match=problem):
        await preview(text, lambda chat: chat.user("Hello").seed(1).extra_body({"n": 1}))


@pytest.mark.parametrize("bad", ["a\nb", "a\r\nx-other: 1", "a\0", "\ud800"])
async def test_a_header_made_of_a_text_that_no_header_may_hold_is_refused_by_name(bad: str, preview: Preview) -> None:
    for rule in ("{to: header:X-User}", "{as: $absent}"):
        body = "request: {path: /c, turns: {roles: {user: user}}, headers: {X-User: 'u-${$user}'}, body: {a: 1}}\n"
        with pytest.raises(UnsupportedError, match="the header 'x-user' would hold a line break"):
            await preview(body + parameters(f"{{user: {rule}}}"), lambda chat: chat.user("Hello").user_id(bad))


async def test_a_get_request_without_a_body_sends_none() -> None:
    query = "query: {q: $last.text, m: $model}, turns: {last: apart, roles: {user: user}}"
    client, transport = await client_of(f"request: {{method: GET, path: /ask, {query}}}", {"text": "Hi", "why": "done"})
    await client.chat().user("Hello").execute()
    sent = transport.requests[0]
    assert (sent.method, sent.body, "content-type" in sent.headers) == ("GET", b"", False)
    assert sent.url == "https://toy.example/ask?q=Hello&m=m-1"
    shown = client.chat().user("Hello").preview()
    assert (shown.body, "content-type" in shown.headers) == (None, False)


async def test_a_get_request_with_a_body_sends_it(preview: Preview) -> None:
    shown = await preview("request: {method: GET, path: /ask, turns: {roles: {user: user}}, body: {m: $model}}")
    assert (shown.body, shown.headers["content-type"]) == ({"m": "m-1"}, "application/json")


async def test_a_list_stands_in_the_query_once_for_each_item(preview: Preview) -> None:
    text = """
request:
  path: /chat
  query: {tag: [a, "b c", 3], none: $tools}
  turns: {roles: {user: user}}
  body: {a: 1}
parameters: {stop: {to: query:stop}}
"""
    request = await preview(text, lambda chat: chat.user("Hello").stop(["x", "y"]))
    assert request.url == "https://toy.example/chat?tag=a&tag=b%20c&tag=3&stop=x&stop=y"


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


DROPS = "{drops: {budget_tokens: this wire counts no thoughts}, %s}"


@pytest.mark.parametrize(
    ("shape", "sent", "lost"),
    [
        ("as: {effort: $value.effort}", {"effort": "high"}, {("reasoning.budget_tokens", "dropped")}),
        ("as: {budget: $value.budget_tokens}", {"budget": 2000}, set()),
    ],
    ids=["no word for it", "a word for it"],
)
async def test_a_field_that_a_wire_has_no_word_for_is_told_by_its_name(
    shape: str, sent: dict[str, Any], lost: set[tuple[str, str]], preview: Preview
) -> None:
    text = parameters("{reasoning: %s}" % (DROPS % shape))
    request = await preview(text, lambda chat: chat.user("Hello").reasoning("high", budget=2000))
    assert {key: value for key, value in request.body.items() if key != "messages"} == sent
    assert told(request) == lost


async def test_a_field_that_was_not_given_is_not_lost(preview: Preview) -> None:
    text = parameters("{reasoning: %s}" % (DROPS % "as: {effort: $value.effort}"))
    request = await preview(text, lambda chat: chat.user("Hello").reasoning("high"))
    assert told(request) == set()


@pytest.mark.parametrize(
    ("effort", "sent", "lost"), [("high", {"effort": "high"}, set()), ("low", {}, {("reasoning", "omitted")})]
)
async def test_a_template_drops_a_parameter_where_it_cannot_be_said_and_tells(
    effort: str, sent: dict[str, Any], lost: set[tuple[str, str]], preview: Preview
) -> None:
    rule = "{as: {$if: {$value.effort: low}, $then: {$drop: it always thinks hard}, $else: {effort: $value.effort}}}"
    request = await preview(parameters(f"{{reasoning: {rule}}}"), lambda chat: chat.user("Hello").reasoning(effort))
    assert {key: value for key, value in request.body.items() if key != "messages"} == sent
    assert told(request) == lost


async def test_a_template_refuses_what_must_not_be_left_out(preview: Preview) -> None:
    rule = "{to: n, as: {$if: {$value: 0}, $then: {$refuse: it wants at least one}, $else: $value}}"
    text = parameters(f"{{seed: {rule}}}")
    assert (await preview(text, lambda chat: chat.user("Hello").seed(7))).body["n"] == 7
    with pytest.raises(UnsupportedError, match="it wants at least one") as caught:
        await preview(text, lambda chat: chat.user("Hello").seed(0))
    assert (caught.value.provider, caught.value.model) == ("toy", "m-1")


@pytest.mark.parametrize(
    ("extra", "sent"),
    [({"search": {"on": True}}, None), ({"search": {"on": False}}, 0.5), ({"search": "on"}, 0.5), (None, 0.5)],
)
async def test_a_condition_sees_the_extra_body(
    extra: dict[str, Any] | None, sent: float | None, preview: Preview
) -> None:
    text = parameters("{top_p: {to: p, refused_when: $extra_body.search.on, reason: not while it searches}}")

    def ask(chat: Any) -> Any:
        chat.user("Hello").top_p(0.5)
        return chat if extra is None else chat.extra_body(extra)

    request = await preview(text, ask)
    assert request.body.get("p") == sent
    assert (("top_p", "dropped") in told(request)) == (sent is None)


async def test_a_value_is_added_to_a_list_that_others_filled(preview: Preview) -> None:
    rules = """
parameters:
  tools: {to: kit.tools, as: {$each: $value, $do: {name: .name}}}
  web_search: {adds_to: kit.tools, as: {$if: $value.enabled, $then: {kind: search, in: $value.allowed_domains}}}
"""
    both = await preview(rules, lambda chat: chat.user("Hi").tools([TOOL]).web_search(allowed_domains=["a.de"]))
    assert both.body["kit"]["tools"] == [{"name": TOOL.name}, {"kind": "search", "in": ["a.de"]}]
    alone = await preview(rules, lambda chat: chat.user("Hi").web_search())
    assert alone.body["kit"]["tools"] == [{"kind": "search"}]
    off = await preview(rules, lambda chat: chat.user("Hi").web_search(False))
    assert "kit" not in off.body


async def test_nothing_is_added_to_what_is_no_list(preview: Preview) -> None:
    text = """
request: {path: /chat, turns: {roles: {user: user}}, body: {said: {$each: $turns, $do: .text}, tools: none}}
parameters: {web_search: {adds_to: tools, as: {kind: search}}}
"""
    with pytest.raises(UnsupportedError, match="nothing can be added to tools: a string is there"):
        await preview(text, lambda chat: chat.user("Hi").web_search())


async def test_schemas_are_made_such_as_a_wire_takes_and_that_is_told(preview: Preview) -> None:
    text = parameters(
        "{tools: {to: tools, schema: {when: strict, closed: true, without: [minLength]},"
        " as: {$each: $value, $do: {name: .name, schema: .parameters}}},"
        " response_format: {to: format, schema: {upper_types: true}, as: $value.schema}}"
    )
    city = {"type": "object", "properties": {"city": {"type": "string", "minLength": 2}}}
    tools = [ToolDefinition("strict", None, city, strict=True), ToolDefinition("loose", None, city)]
    request = await preview(text, lambda chat: chat.user("Hi").tools(tools).response_format({"type": "string"}))
    closed = {"type": "object", "properties": {"city": {"type": "string", "description": "minLength: 2"}}}
    assert request.body["tools"] == [
        {"name": "strict", "schema": {**closed, "additionalProperties": False}},
        {"name": "loose", "schema": city},
    ]
    assert request.body["format"] == {"type": "STRING"}
    assert ("tools.schema", "adapted") in told(request)


async def test_a_schema_that_a_wire_cannot_say_is_refused_before_anything_is_sent(preview: Preview) -> None:
    text = parameters("{response_format: {to: format, schema: {closed: true}, as: $value.schema}}")
    free = {"type": "object", "properties": {"prices": {"type": "object"}}, "additionalProperties": False}
    with pytest.raises(UnsupportedError, match="it takes no object of free keys, which stands at prices"):
        await preview(text, lambda chat: chat.user("Hi").response_format(free))


async def test_only_tools_and_formats_have_schemas(preview: Preview) -> None:
    with pytest.raises(ManifestError, match="temperature has no schema"):
        await preview(parameters("{temperature: {to: t, schema: {closed: true}}}"))
