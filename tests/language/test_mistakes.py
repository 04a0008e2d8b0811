# ruff: noqa: E501  # tables of cases are read by the line
"""A mistake in a manifest is told with its key and, where there is one, the word that was probably meant."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

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
    "usage: {output: .o, zeros: [cache_read]}": "usage.zeros.0: cache_read is not read by this usage",
    "usage: {outputs: .o}": """usage.outputs: unknown key; did you mean "output"?""",
    "prices: {models: [{match: m-1, input: 1, output: 2, cache_reed: 1}]}": """prices.models[0].cache_reed: unknown key; did you mean "cache_read"?""",
    "prices: {models: [{match: m-1, input: 1}]}": """prices.models[0]: the key "output" is missing""",
    "prices: {models: [{match: m-1, input: -1, output: 2}]}": "prices.models[0].input",
    "prices: {models: [{match: m-1, input: 1, output: 2, tiers: {many: {input: 2}}}]}": "prices.models[0].tiers.many: unknown key",
    "response: {steps: {tool_call: {id: .id, nam: .n}}}": """the event 'tool_call' carries no 'nam'; did you mean "name"?""",
    "response: {steps: {fragment: {at: .i}}}": "the event 'fragment' needs 'text'",
    "response: {steps: {error: {$if: .error, $then: {error: .}}}}": "response.steps.error: error is the name of an event, so 'error' would be a part of what it carries; call this group otherwise, such as when_error",
    "response: {steps: {finish: {$by: .a, $case: {b: {$with: .c, $do: {usage: .u}}}}}}": "finish is the name of an event, so 'usage' would be",
    "response: {steps: {tool_call: {$each: .calls, $do: {id: .id, name: .name}}}}": "tool_call is the name of an event, so 'id' would be",
    "fragments: {a: {text: .t}}\nresponse: {steps: {text: {$if: .t, $then: {$use: a}}}}": "text is the name of an event, so 'text' would be",
    "fragments: {a: {$if: .t, $then: {$use: a}}}\nresponse: {steps: {text: {$use: a}}}": "fragments.a: fragment 'a' uses itself",
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
    BODY % "{$concat: {a: 1}}": "request.body.m.$concat: it is never a list, so it adds nothing",
    BODY % "{$concat: [[1], {a: 1}]}": "request.body.m.$concat.1: it is never a list, so it adds nothing",
    BODY % "{$concat: [[1], words]}": "request.body.m.$concat.1: it is never a list",
    BODY % "{$merge: [{a: 1}, [1]]}": "request.body.m.$merge.1: it is never a map, so it adds nothing",
    BODY % "{$merge: [{a: 1}, 2]}": "request.body.m.$merge.1: it is never a map",
    BODY % "{$concat: .a}": "$concat needs a list of templates",
    BODY % "{$with: {a: 1}, $do: .a}": "expected an expression such as .type, got {'a': 1}",
    BODY % "{$use: {a: 1}}": "$use needs the name of a fragment",
    BODY % "{$each: $turns, $do: {$each: .parts, $by: .kind, $case: {image: .url}}}": "no part is of kind 'image'",
    BODY % "{$each: $turns, $do: {$each: .parts, $by: .kind, $case: {text: .txt}}}": """a text has no field 'txt'; did you mean "text"?""",
    BODY % "{$each: $turns, $do: {$by: .kind, $case: {text: x}}}": "a turn has no field 'kind'",
    "list_models: {path: /models, items: '7'}": "list_models.items: expected where the list is, such as .data, got 7",
    BODY % "{$drop: why}": "$drop stands only in the case of one kind of part, or in a parameter",
    "request: {path: /c, turns: {roles: {user: user}}, body: [1]}": "request.body: expected a map",
    "request: {path: /c, body: {a: 1}}": 'request.turns: the key "roles" is missing',
    "auth: {scheme: header}": "auth.header: is missing; the scheme header needs it",
    "apis: {tasks: {request: {path: /t}}}": 'apis.tasks: the key "extends" is missing',
    "apis: {tasks: {extends: openai-chta}}": """apis.tasks.extends: there is no manifest "openai-chta"; did you mean "openai-chat"?""",
    "apis: {tasks: {extends: openai-chat, requst: {}}}": """apis.tasks.requst: unknown key; did you mean "request"?""",
    "limits: [{match: a, contxt: 5}]": """limits[0].contxt: unknown key; did you mean "context"?""",
    "limits: [{match: a, takes: [smell]}]": "limits[0].takes[0]: expected one of text, image, audio, video, file",
    "apis: {tasks: {extends: openai-chat, parameters: {temprature: {to: x}}}}": """apis.tasks.parameters.temprature: unknown key; did you mean "temperature"?""",
    "apis: {tasks: {extends: openai-chat, request: {body: {x: $modl}}}}": """apis.tasks.request.body.x: no name $modl here; did you mean "model"?""",
    "apis: {tasks: {extends: openai-chat, auth: {scheme: header}}}": "apis.tasks.auth.header: is missing; the scheme header needs it",
    "api: My Api": 'api: expected a name of small letters',
    "routes: [{when: $tools}]": 'routes[0]: the key "api" is missing',
    "routes: [{api: taks}]\napis: {tasks: {extends: openai-chat}}": """there is no API 'taks'; did you mean "tasks"?""",
    "routes: [{api: chat, when: $tols}]": """routes.0.when: no name $tols here; did you mean "tools"?""",
    "routes: [{api: chat, mach: x}]": """routes[0].mach: unknown key; did you mean "match"?""",
    "routes: [{api: chat, match: []}]": "routes[0].match: expected a list with something in it",
    "list_models: {pth: /models}": """list_models.pth: unknown key; did you mean "path"?""",
    "list_models: {path: models}": 'list_models.path: expected a path that begins with /, got "models"',
    "list_models: {path: /m, base_url: models.example}": "list_models.base_url: expected a web address",
    "list_models: {path: /m, headers: {x: [1]}}": "list_models.headers.x: expected text, got a list",
    "list_models: {path: /m, id: .id | strng}": """list_models.id: no filter 'strng'; did you mean "string"?""",
    "list_models: {path: /m, next: {after: $nxt}}": "list_models.next.after: no name $nxt here",
    "follow: {pol: {url: .u}}": """follow.pol: unknown key; did you mean "poll"?""",
    "follow: {poll: {until: .done}}": 'follow.poll: the key "url" is missing',
    "follow: {stream: {}}": 'follow.stream: the key "url" is missing',
    "follow: {poll: {url: urls.get, until: .done}}": "follow.poll.url: 'urls.get' stands for itself here, and is no address; a path begins with a dot: .urls.get",
    "follow: {stream: {url: urls.stream}}": "follow.stream.url: 'urls.stream' stands for itself here",
    "follow: {stream: {url: [.u]}}": "follow.stream.url: expected an expression or a text, got ['.u']",
    "follow: {poll: {url: .u, every: -1}}": "follow.poll.every: expected ",
    "follow: {poll: {url: .u, every: soon}}": 'follow.poll.every: expected a number, got "soon"',
    "follow: {poll: {url: .u, until: [.done]}}": "follow.poll.until: a condition is an expression, or a map",
    "follow: {poll: {url: $heders.location, until: .t}}": """follow.poll.url: no name $heders here; did you mean "headers"?""",
    "auth: {scheme: aws-sigv4}": "auth.service: is missing; the scheme aws-sigv4 needs it",
    "auth: {scheme: adc}": "auth.scopes: is missing; the scheme adc needs it",
    "auth: {scheme: headers, parts: {app: [A]}}": "auth.headers: is missing; the scheme headers needs it",
    "auth: {scheme: headers, parts: {app: A}, headers: {x: $app}}": 'auth.parts.app: expected a list, got "A"',
    "auth: {scheme: aws-sigv5}": """got "aws-sigv5"; did you mean "aws-sigv4"?""",
    "status: {is: dead}": "status.is: expected one of live, beta, unverified, retired, no_chat",
    "status: {is: retired, since: yesterday}": "status.since: expected a date like 2026-11-23",
    "endpoint: {variables: {a: {fo: b}}}": "endpoint.variables.a.fo: unknown key; known are env, default, of, map, else, note",
    "endpoint: {variables: {a: {of: b, map: [x]}}}": "endpoint.variables.a.map: expected a map, got a list",
    "endpoint: {variables: {a: {default: x}, b: {of: a, else: y, default: z}}}": "endpoint.variables.b.default: means nothing beside `of`",
    "endpoint: {variables: {a: {default: x, map: {x: y}}}}": "endpoint.variables.a.map: means nothing without `of`",
    "stream: {framing: aws, ends: [end], steps: {}}": "stream.framing: expected one of sse, ndjson, json_array, aws-eventstream",
    "stream: {framing: sse, ends: [end], only: perhaps}": "stream.only: expected true or false",
    "request: {turns: {system: hoist_first, roles: {user: user}}}": "request.turns.system: expected one of inline, hoist, hoist_leading",
    "request: {turns: {last: alone, roles: {user: user}}}": """request.turns.last: expected one of among, apart, got "alone\"""",
    "request: {path: /c, turns: {result_parts: any, roles: {tool: t}}, body: {m: {$each: $turns, $do: {$each: .parts, $by: .kind, $case: {tool_result: .text}}}}}": "request.turns.result_parts: is any, but no template reads .parts of a tool's result",
    "response: {steps: {text: {$refuse: why}}}": "$refuse stands only in a request",
    "response: {steps: {part_end: {at: .i, argments: .a}}}": """the event 'part_end' carries no 'argments'; did you mean "arguments"?""",
    "parameters: {reasoning: {drops: {budgt: why}}}": "parameters.reasoning.drops: a reasoning has no field 'budgt'",
    "parameters: {reasoning: {drops: [budget_tokens]}}": "parameters.reasoning.drops: expected a map, got a list",
    "parameters: {top_p: {drops: {x: why}}}": "parameters.top_p.drops: a plain value has no 'x' in it",
    "parameters: {top_p: {to: p, as: {$drop: why, $else: 1}}}": "parameters.top_p.as: $drop does not go with '$else'",
    "errors: {retry: again}": "errors.retry: 'again', column 1: unknown word 'again'",
    "errors: {codes: {'quota*': quota}}": "errors.codes.quota*: expected one of",
    "serve: {reciept: {}}": """serve.reciept: unknown key; did you mean "receipt"?""",
    "serve: {receipt: {id: $answer.adress}}": """serve.receipt.id: a answer has no field 'adress'; did you mean "address"?""",
    "serve: {headers: {x: $answer.modl}}": """serve.headers.x: a answer has no field 'modl'; did you mean "model"?""",
    "serve: {error: {headers: {x: $error.cod}}}": """serve.error.headers.x: a error has no field 'cod'; did you mean "code"?""",
    "serve: {routes: [{path: /c, streem: true}]}": """serve.routes[0].streem: unknown key; did you mean "stream"?""",
    "serve: {routes: [{path: '/c/{id}', of: idd}]}": """serve.routes.0.of: no placeholder {idd} in the path /c/{id}; did you mean "id"?""",
    "serve: {routes: [{path: /c, receipt: true}]}": "serve.routes.0: gives a receipt, but the key serve.receipt is missing",
    "serve: {stream: {txt: [{data: 1}]}}": """serve.stream.txt: unknown key; did you mean "text"?""",
    "serve: {stream: {text: [{dat: 1}]}}": """serve.stream.text[0].dat: unknown key; did you mean "data"?""",
    "serve: {stream: {text: [{event: word}]}}": "serve.stream.text.0: a frame has data or raw, one of the two",
    "serve: {error: {stream: [{data: 1, raw: x}]}}": "serve.error.stream.0: a frame has data or raw, one of the two",
    "serve: {error: {code: {overloaded: x}}}": """serve.error.code: unknown key; did you mean "codes"?""",
    "serve: {error: {status: {overlaoded: 503}}}": """serve.error.status.overlaoded: unknown key; did you mean "overloaded"?""",
    "serve: {finish: {tool_call: call}}": """serve.finish.tool_call: unknown key; did you mean "tool_calls"?""",
    "serve: {models: {body: []}}": 'serve.models: the key "path" is missing',
    "serve: {numbered: 3}": "serve.numbered: expected text, got 3",
    BODY % "{$each: $turns, $do: .joind}": """a turn has no field 'joind'; did you mean "joined"?""",
    BODY % "$last.txt": """a turn has no field 'txt'; did you mean "text"?""",
    BODY % "$extra_bdy.x": """no name $extra_bdy here; did you mean "extra_body"?""",
    BODY % "{$refus: why}": """no operator '$refus'; did you mean "$refuse"?""",
    BODY % "{$refuse: why, $then: 1}": "$refuse does not go with '$then'",
    BODY % "{$with: {$each: $turns, $do: .txt}, $do: .a}": "request.body.m.$with.$do: a turn has no field 'txt'",
    BODY % "{$with: '${$modl}', $do: .}": """request.body.m.$with: no name $modl here; did you mean "model"?""",
    BODY % "{$concat: {$each: $turns, $do: .txt}}": "request.body.m.$concat.$do: a turn has no field 'txt'",
    BODY % "$model | until": "filter 'until' takes 1 arguments, got 0",
    "parameters: {seed: {to: params.0.x}}": "parameters.seed.to: 'params.0.x' is no path in the body: there is 0; such a path goes through maps, never into a list",
    "parameters: {seed: {to: params..x}}": "parameters.seed.to: 'params..x' is no path in the body: there is an empty step",
    BODY % "{n: fast}" + "\nparameters: {seed: {to: m.n.x}}": "parameters.seed.to: 'm.n.x' is no path in the body: n is a string in request.body",
    BODY % "[1]" + "\nparameters: {seed: {to: m.x}}": "m is a list in request.body",
    "request: {path: /c, turns: {roles: {user: user}}, headers: {Content-Type: application/x-www-form-urlencoded}}": "request.headers.Content-Type: the body is sent as JSON, not as application/x-www-form-urlencoded",
    "endpoint: {base_url: 'https://t.example', headers: {content-type: text/plain}}": "endpoint.headers.content-type: the body is sent as JSON, not as text/plain",
    "response: null": "response: is missing: its steps read a whole answer",
    "stream: {framing: sse, ends: [end], steps: {text: .t, finish: .f}}": "stream.ends: names end, but no statement of stream.steps gives the event 'end'",
    "stream: {framing: sse, ends: [eof, finish], steps: {text: .t}}": "stream.ends: names finish, but no statement",
    "parameters: {top_p: {to: p, min: 1, max: 0.5}}": "parameters.top_p: min is 1 and max 0.5: no value is between them",
    "parameters: {user: {to: u, values: [ann, bob], default: joe}}": "parameters.user.default: 'joe' is none of the values",
    "parameters: {seed: {to: s, min: 1, default: 0}}": "parameters.seed.default: 0 is less than min, 1",
    "parameters: {seed: {to: s, max: 1, default: 2}}": "parameters.seed.default: 2 is more than max, 1",
    "parameters: {stop: {to: s, max_items: 1, default: [a, b]}}": "parameters.stop.default: has 2 items, more than max_items, 1",
    BODY % "$stop" + "\nparameters: {stop: {as: $absent, max_items: 1}}": "parameters.stop: max_items would be told but not done",
    BODY % "$top_p" + "\nparameters: {top_p: {as: $absent, max: 1}}": "parameters.top_p: max would be told but not done",
    BODY % "$top_p" + "\nparameters: {top_p: {as: $absent, values: [1]}}": "parameters.top_p: values would be told but not done",
    BODY % "$top_p" + "\nparameters: {top_p: {as: $absent, refused: no}}": "parameters.top_p: refused would be told but not done",
    "fragments: {f: {x: $top_p}}\n" + BODY % "{$use: f}" + "\nparameters: {top_p: {as: $absent, default: 1}}": "parameters.top_p: default would be told but not done",
    "parameters: {top_p: {default: 1}}": "parameters.top_p: default would be told but not done",
    "parameters: {seed: {as: $absent}}": "parameters.seed: goes nowhere: no template reads $seed; say where by",
    "fragments: {a: {$use: a}}\nparameters: {seed: {as: $absent}, top_k: {to: k, as: {$use: a}}}": "parameters.seed: goes nowhere",
    "parameters: {seed: {to: s}, top_k: {to: s}}": "parameters.top_k.to: seed goes to s already, and one of the two would be lost",
    "parameters: {seed: {to: 'header:X-S'}, top_k: {to: 'header:x-s'}}": "parameters.top_k.to: seed goes to header:x-s already",
    "parameters: {stop: {adds_to: s, to: t}}": "parameters.stop.adds_to: does not go with `to`",
    "parameters: {stop: {adds_to: s.0}}": "parameters.stop.adds_to: 's.0' is no path in the body",
    "parameters: {stop: {adds_to: s}, tools: {to: s}}": "parameters.tools.to: another rule adds to s before this",
    "parameters: {seed: {to: messages}}": "parameters.seed.to: request.body has messages already, of $turns, and that would be lost",
    "fragments: {f: {x: $system.text}}\n" + BODY % "{n: {$use: f}}" + "\nparameters: {seed: {to: m.n}}": "parameters.seed.to: request.body has m.n already, of $system.text",
    "parameters: {seed: {to: messages.seed}}": "'messages.seed' is no path in the body: seed would be in a list of request.body",
    "request: {path: '/x/${$model}', turns: {roles: {user: user}}}": "request.path: a value in it could lead elsewhere; write ${... | in_segment}",
    "request: {path: /x, stream_path: '/x/${$last.text | lower}', turns: {roles: {user: user}}}": "request.stream_path: a value in it could lead elsewhere",
    "body: {a: 1}": """body: unknown key; did you mean "request.body"?""",
    "base_url: https://t.example": """base_url: unknown key; did you mean "endpoint.base_url" or""",
    "response: {text: .t}": "response.text: unknown key; known are data, steps, and statements stand in steps",
    "request: {path: /c, parameters: {seed: {to: s}}}": "request.parameters: unknown key; parameters stands at the top, not in request",
    "response: {steps: {c: {$case: {a: {text: .t}}}}}": "response.steps.c: $case needs $by or $each beside it",
    BODY % "{$else: 1}": "request.body.m: $else needs $if or $by or $each beside it",
    "response: {steps: {c: {$for: .x}}}": "no operator '$for' (there are: $if, $each, $by, $with, $use)",
    BODY % "{$for: .x}": "no operator '$for' (there are: $if, $each, $by, $with, $use, $merge,",
    BODY % "$model | in_sgment": """no filter 'in_sgment'; did you mean "in_segment"?""",
}  # fmt: skip


def compiled(source: Path | dict[str, Any]) -> None:
    """Loads a manifest and compiles all of it, its other APIs too."""
    manifest = load_file(source)
    for api in (manifest, *manifest.for_all_apis()):
        Program(api).source()


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_told(text: str) -> None:
    with pytest.raises(ManifestError, match=re.escape(MISTAKES[text])):
        compiled(manifest_of(text))


LINES = {
    "apis:\n  tasks:\n    extends: openai-chat\n    request:\n      body:\n        a: 1\n        b: $modl": (7, "apis.tasks.request.body.b"),
    "apis:\n  tasks:\n    extends: openai-chat\n    parameters:\n      top_q: {to: q}": (5, "apis.tasks.parameters.top_q"),
    "routes:\n  - {when: $stream, api: chat}\n  - {when: $tols, api: chat}": (3, "routes.1.when"),
    "list_models:\n  path: /models\n  id: .id | strng": (3, "list_models.id"),
    "follow:\n  poll:\n    until: .text\n    url: $bdy.url": (4, "follow.poll.url"),
    "follow:\n  poll:\n    url: .url\n    until:\n      .a: 1\n      $statuss: 2": (6, "follow.poll.until.$statuss"),
    "apis:\n  tasks:\n    request: {}\n    extends: openai-chta": (4, "apis.tasks.extends"),
    "apis:\n  chats: {extends: openai-chat}\n  tasks:\n    request: {}": (3, "apis.tasks"),
    "auth:\n  any:\n    - {scheme: none}\n    - {scheme: aws-sigv4}": (4, "auth.any[1].service"),
    "endpoint:\n  variables:\n    place:\n      default: here\n      maap: {}": (5, "endpoint.variables.place.maap"),
    "parameters:\n  reasoning:\n    as: {a: 1}\n    drops:\n      bud: why": (4, "parameters.reasoning.drops"),
    "errors:\n  codes:\n    a*: rate_limited\n    b*: slow": (4, "errors.codes.b*"),
    "serve:\n  routes:\n    - path: /a\n    - path: /b\n      of: id": (5, "serve.routes.1.of"),
    "serve:\n  stream:\n    text:\n      - data: 1\n      - event: x\n        dat: 1": (6, "serve.stream.text[1].dat"),
    "serve:\n  stream:\n    end:\n      - data: 1\n      - event: x": (5, "serve.stream.end.1"),
    "serve:\n  error:\n    headers:\n      x: $error.cod": (4, "serve.error.headers.x"),
}  # fmt: skip


@pytest.mark.parametrize("text", LINES)
def test_a_mistake_is_told_with_its_file_its_line_and_its_key(text: str, tmp_path: Path) -> None:
    line, key = LINES[text]
    path = tmp_path / "toy.yaml"
    path.write_text(
        f"{text}\nid: toy\nrequest: {{path: /c, turns: {{roles: {{user: user}}}}}}\nresponse: {{steps: {{}}}}\n"
    )
    with pytest.raises(ManifestError) as caught:
        compiled(path)
    assert str(caught.value).startswith(f"toy.yaml:{line}: {key}: ")


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
