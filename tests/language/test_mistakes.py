# ruff: noqa: E501  # tables of cases are read by the line
"""A mistake in a manifest is told with its key and, where there is one, the word that was probably meant."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from ai_lib_python import AiClient
from ai_lib_python._compile.program import Program
from ai_lib_python._manifest.load import load_file
from ai_lib_python.errors import ManifestError, UnsupportedError

from .conftest import Preview, manifest_of

BODY = "request: {path: /c, turns: {roles: {user: user}}, body: {m: %s}}"

MISTAKES = {
    "response: {steps: {txt: .words}}": """response.steps.txt: no event 'txt'; did you mean "text"?""",
    "response: {steps: {text: words}}": "response.steps.text: 'words' stands for itself here; a path begins with a dot: .words",
    "response: {steps: {usage: usage}}": "'usage' stands for itself here",
    "response: {steps: {tool_call: {id: .id, nam: .n}}}": """the event 'tool_call' carries no 'nam'; did you mean "name"?""",
    "response: {steps: {fragment: {at: .i}}}": "the event 'fragment' needs 'text'",
    "response: {steps: {c: {$each: .x}}}": "response.steps.c: needs $do, or $by with $case",
    "response: {steps: {c: {$by: .x}}}": "$by needs a map of cases under $case",
    "response: {steps: {c: {$switch: .x}}}": "no operator '$switch'",
    "response: {steps: {c: {$each: .x, $then: {text: .t}}}}": "$each does not go with '$then'",
    "response: {steps: {c: {$each: .x, $do: .text}}}": "expected a statement (a map of events), got '.text'",
    "response: {steps: {x: {$use: nope}}}": "no fragment 'nope'",
    "fragments: {a: {$use: a}}\nresponse: {steps: {x: {$use: a}}}": "fragments.a: fragment 'a' uses itself",
    "response: {steps: {text: .a | strng}}": """no filter 'strng'; did you mean "string"?""",
    "response: {steps: {text: .a | join}}": "filter 'join' takes 1 arguments, got 0",
    "response: {steps: {text: .a.}}": "'.a.', column 4: expected a key after '.'",
    "response: {steps: {text: '${.a'}}": "column 1: no '}' ends this '${'",
    "response: {steps: {x: {$if: [.a], $then: {text: .b}}}}": "a condition is an expression, or a map",
    "response: {steps: {x: {$if: {$some: .a}, $then: {text: .b}}}}": "$some needs a map of $each and $where",
    "usage: {prompt: prompt_tokens}": "usage.prompt: 'prompt_tokens', column 1: unknown word 'prompt_tokens'",
    "usage: {prompts: .a}": """usage.prompts: unknown key; did you mean "prompt"?""",
    "errors: {message: .error ?? .x}": "errors.message: '.error ?? .x', column 8: unexpected '?'",
    "errors: {codes: {x: rate_limit}}": 'errors.codes.x: expected one of',
    "stream: {framing: sse, steps: {text: .t}}": 'stream: the key "ends" is missing',
    "stream: {framing: sse, ends: [done], steps: {text: .t}}": '"ends" names done, but the key "done" is missing',
    "stream: {framing: sse, ends: [eof], steps: {a: {$by: $evnt, $case: {}}}}": """no name $evnt here; did you mean "event"? (there are: event, frame, headers)""",
    "parameters: {top_p: {to: x, refused_when: temperature}}": "parameters.top_p.refused_when: 'temperature', column 1",
    "parameters: {topp: {to: x}}": """parameters.topp: unknown key; did you mean "top_p"?""",
    "parameters: {tools: {to: x, as: {$each: $value, $do: {n: .nam}}}}": """parameters.tools.as.$do.n: a tool has no field 'nam'; did you mean "name"?""",
    "parameters: {tools: {to: x, as: {$each: .tools, $do: .name}}}": "there is no current item here; begin with a $name",
    BODY % "'${ $modl }'": """no name $modl here; did you mean "model"?""",
    BODY % "$notes": "no name $notes here",
    BODY % "{$merge: {a: 1}}": "request.body.m: $merge needs a list of templates",
    BODY % "{$concat: .a}": "$concat needs a list of templates",
    BODY % "{$with: {a: 1}, $do: .a}": "expected an expression such as .type, got {'a': 1}",
    BODY % "{$use: {a: 1}}": "$use needs the name of a fragment",
    BODY % "{$each: $turns, $do: {$each: .parts, $by: .kind, $case: {image: .url}}}": "no part is of kind 'image'",
    BODY % "{$each: $turns, $do: {$each: .parts, $by: .kind, $case: {text: .txt}}}": """a text has no field 'txt'; did you mean "text"?""",
    BODY % "{$drop: why}": "$drop stands only in the case of one kind of part, or in a parameter",
    "request: {path: /c, turns: {roles: {user: user}}, body: [1]}": "request.body: expected a map",
    "request: {path: /c, body: {a: 1}}": "request.turns: Object missing required field `roles`",
    "auth: {scheme: header}": "auth.header: is missing; the scheme header needs it",
}  # fmt: skip


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_told(text: str) -> None:
    with pytest.raises(ManifestError, match=re.escape(MISTAKES[text])):
        Program(load_file(manifest_of(text))).source()


async def test_a_role_that_a_wire_has_no_word_for_is_refused(preview: Preview) -> None:
    with pytest.raises(UnsupportedError, match="no word for messages of the role 'system'"):
        await preview(BODY % "1", lambda chat: chat.system("S").user("A"))


async def test_nothing_in_a_manifest_becomes_code(tmp_path: Path) -> None:
    evil = "'); __import__('pathlib').Path('%s').touch(); ('" % (tmp_path / "touched")
    manifest = {
        "id": "evil",
        "endpoint": {"base_url": "https://evil.example"},
        "request": {
            "path": "/c",
            "turns": {"roles": {"user": evil}},
            "headers": {"x": evil},
            "body": {evil: evil, "role": {"$each": "$turns", "$do": {evil: ".role"}}},
        },
        "parameters": {"seed": {"to": "a", "refused": evil}, "top_p": {"fixed": evil, "to": "b"}},
        "response": {"steps": {evil: {"text": f'.["{evil}"] or "{evil}"'}}},
    }
    client = await AiClient.create("evil/m", manifest=manifest)
    body = client.chat().user("Hello").seed(1).preview().body
    assert (body[evil], body["role"], body["b"]) == (evil, [{evil: evil}], evil)
    assert "touch" in Program(load_file(manifest)).source()
    assert os.listdir(tmp_path) == []
