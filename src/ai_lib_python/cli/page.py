"""The page of one provider: everything that a person needs to start with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

from .._manifest.manifest import AuthScheme, Manifest, Variable, globs_of
from .catalogue import example
from .folded import as_json
from .output import bold, columns, dim
from .rules import grouped, parameter_rows

__all__ = ["about", "address", "apis", "keys", "sections"]

EXAMPLE = """\
import asyncio

from ai_lib_python import AiClient


async def main():
    async with await AiClient.create({arguments}) as client:
        response = await client.chat().user("Hello, world!").execute()
        print(response.content)


asyncio.run(main())"""


LONGEST = 90
"""How much of a model's other rules is shown, in characters."""


def sections(manifest: Manifest) -> Iterator[tuple[str, list[str]]]:
    """The page, section by section; a section without lines has nothing to say."""
    yield "About", list(about(manifest))
    yield "Address", list(address(manifest, _marked))
    yield "Key", list(keys(manifest, _marked))
    yield "APIs", list(apis(manifest))
    yield "Models", list(_models(manifest))
    yield "Sizes in tokens", list(sizes(manifest))
    if not manifest.has_chat:
        return
    yield "Parameters", list(_parameters(manifest))
    yield "Rules of some models (the first that matches holds)", list(_model_rules(manifest))
    yield "Example", _example(manifest).splitlines()


def about(manifest: Manifest) -> Iterator[str]:
    """Its status, its wire format, its documents, and what else is to know."""
    status = manifest.status
    since = f" since {status.since}" if status.since else ""
    successor = f"; use {status.successor} instead" if status.successor else ""
    yield f"status    {status.state}{since}{successor}"
    if manifest.has_chat:
        yield f"dialect   {manifest.dialect}"
    data = manifest.data
    if data.get("docs"):
        yield f"docs      {data['docs']}"
    if data.get("checked"):
        sure = f", confidence {data['confidence']}" if data.get("confidence") else ""
        yield f"checked   {data['checked']}{sure}"
    for note in filter(None, [status.note, *_notes(data.get("notes"))]):
        yield f"note      {note}"


def _notes(notes: Any) -> list[str]:
    if notes is None:
        return []
    listed = notes if isinstance(notes, list) else [notes]
    return [line for note in listed for line in str(note).splitlines() if line]


Shown = Callable[[str], str]
"""How an environment variable is shown."""


def address(manifest: Manifest, shown: Shown) -> Iterator[str]:
    """Where requests go, and how that is changed."""
    endpoint = manifest.endpoint
    if manifest.has_chat or endpoint.base_url:
        yield endpoint.base_url or "has none of its own: pass base_url=..."
    for name, variable in endpoint.variables.items():
        yield f"{{{name}}} {_placeholder(name, variable, shown)}"
    if endpoint.env:
        yield f"{' or '.join(map(shown, endpoint.env))} replaces it"
    if endpoint.hosts:
        yield f"keys may also go to {', '.join(endpoint.hosts)}"


def _placeholder(name: str, variable: Variable, shown: Shown) -> str:
    """What a placeholder is, and where its value comes from."""
    if variable.of is not None:
        found = ", ".join(f"{value} for {of}" for of, value in variable.map.items())
        rest = f", else {variable.otherwise}" if variable.otherwise else ""
        return f"follows from {{{variable.of}}}: {found}{rest}"
    ways = " or ".join([f"variables={{{name!r}: ...}}", *map(shown, variable.env)])
    default = f", {variable.default} without" if variable.default else ""
    return f"is {variable.note or 'a part of the address'}: {ways}{default}"


def _marked(name: str) -> str:
    """An environment variable, and whether it is set; never what it holds."""
    return f"{name} (set)" if os.environ.get(name) else name


def keys(manifest: Manifest, shown: Shown) -> Iterator[str]:
    """How requests are authenticated."""
    if not manifest.auth or all(way.scheme == "none" for way in manifest.auth):
        yield "none is needed"
        return
    for way in manifest.auth:
        if way.scheme == "none":
            yield "or without a key"
            continue
        needed = "" if not way.optional else " (not needed, but sent where it is there)"
        yield f"{_given(way, shown)}{needed}"
        yield dim(f"sent {_sent(way)}")


def _given(way: AuthScheme, shown: Shown) -> str:
    """How a key of one way is given."""
    if way.parts:
        parts = ", ".join(f"{part!r}: {' or '.join(map(shown, names))}" for part, names in way.parts.items())
        return f"credentials={{...}} or the variables of its parts: {parts}"
    variables = [*map(shown, way.env), *(f"the library's own {shown(name)}" for name in way.reads)]
    return " or ".join([*variables, "api_key=..."])


def _sent(way: AuthScheme) -> str:
    if way.scheme == "header":
        return f"as the header {way.header}: {way.prefix or ''}KEY"
    if way.scheme == "query":
        return f"in the query: {way.query}=KEY"
    return _SENT.get(way.scheme, f"by the scheme {way.scheme}")


_SENT = {
    "bearer": "as the header Authorization: Bearer KEY",
    "adc": "as the header Authorization: Bearer TOKEN; google-auth finds and renews it (the extra `google`)",
    "aws-sigv4": "as a signature of each request; other credentials of AWS need botocore (the extra `aws`)",
    "headers": "as headers made of its parts",
}


def apis(manifest: Manifest) -> Iterator[str]:
    """The APIs of a provider that has several, and which calls go where by themselves."""
    if not manifest.other_apis:
        return
    yield f"{manifest.api}: {manifest.dialect} (this page)"
    for other in manifest.for_all_apis():
        yield f"{other.api}: {other.dialect}; api={other.api!r} takes it always"
    for route in manifest.data.get("routes", ()):
        models = ", ".join(globs_of(route)) if "match" in route else "every model"
        when = f" where {_short(route['when'])}" if "when" in route else ""
        yield f"{models}{when}: {route['api']}"


def _models(manifest: Manifest) -> Iterator[str]:
    examples = manifest.data.get("examples") or []
    for model in examples:
        yield f"{manifest.id}/{model}"
    if examples:
        yield dim("for example; any other model that the provider has works as well")


def sizes(manifest: Manifest) -> Iterator[str]:
    """How much models take and give, as far as the manifest says."""
    entries = manifest.data.get("limits") or ()
    rows = [(", ".join(globs_of(entry)), *map(_size_of(entry), ("context", "prompt", "output"))) for entry in entries]
    if rows:
        yield from columns([("MODELS", "CONTEXT", "OF THAT PROMPT", "ANSWER"), *rows])


def _size_of(entry: dict[str, Any]) -> Callable[[str], str]:
    return lambda key: f"{entry[key]:,}" if entry.get(key) else ""


def _parameters(manifest: Manifest) -> Iterator[str]:
    yield from columns([("HERE", "ON THE WIRE", "VALUES"), *parameter_rows(manifest)])


def _model_rules(manifest: Manifest) -> Iterator[str]:
    for entry in manifest.data.get("models") or ():
        yield bold(", ".join(globs_of(entry)))
        if entry.get("sunset"):
            replacement = f"; {entry['replacement']} takes its place" if entry.get("replacement") else ""
            yield f"  gone from {entry['sunset']}{replacement}"
        for words, names in grouped(entry.get("parameters") or {}).items():
            yield f"  {', '.join(names)}: {words}"
        others = [key for key in entry if key not in ("match", "parameters", "sunset", "replacement")]
        for key in others:
            yield f"  {key}: {_short(entry[key])}"


def _short(value: Any) -> str:
    text = as_json(value, width=10_000) if isinstance(value, (dict, list)) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _example(manifest: Manifest) -> str:
    arguments = [f'"{example(manifest) or f"{manifest.id}/MODEL"}"']
    if manifest.endpoint.base_url is None:
        arguments.append('base_url="https://..."')
    asked = [name for name, one in manifest.endpoint.variables.items() if one.of is None and one.default is None]
    if asked:
        names = ", ".join(f'"{name}": "..."' for name in asked)
        arguments.append(f"variables={{{names}}}")
    return EXAMPLE.format(arguments=", ".join(arguments))
