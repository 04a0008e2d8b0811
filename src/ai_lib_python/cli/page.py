"""The page of one provider: everything that a person needs to start with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from .._manifest.manifest import Manifest, globs_of
from .catalogue import example
from .folded import as_json
from .output import bold, columns, dim
from .rules import grouped, parameter_rows

__all__ = ["sections"]

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
    yield "About", list(_about(manifest))
    yield "Address", list(_address(manifest))
    yield "Key", list(_key(manifest))
    yield "Models", list(_models(manifest))
    yield "Parameters", list(_parameters(manifest))
    yield "Rules of some models (the first that matches holds)", list(_model_rules(manifest))
    yield "Example", _example(manifest).splitlines()


def _about(manifest: Manifest) -> Iterator[str]:
    status = manifest.status
    since = f" since {status.since}" if status.since else ""
    successor = f"; use {status.successor} instead" if status.successor else ""
    yield f"status    {status.state}{since}{successor}"
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


def _address(manifest: Manifest) -> Iterator[str]:
    endpoint = manifest.endpoint
    yield endpoint.base_url or "has none of its own: pass base_url=..."
    for name, variable in endpoint.variables.items():
        ways = [f"variables={{{name!r}: ...}}", *(_variable(one) for one in variable.env)]
        yield f"{{{name}}} is {variable.note or 'a part of the address'}: {' or '.join(ways)}"
    if endpoint.env:
        yield f"{' or '.join(_variable(one) for one in endpoint.env)} replaces it"
    if endpoint.hosts:
        yield f"keys may also go to {', '.join(endpoint.hosts)}"


def _variable(name: str) -> str:
    """An environment variable, and whether it is set; never what it holds."""
    return f"{name} (set)" if os.environ.get(name) else name


def _key(manifest: Manifest) -> Iterator[str]:
    if not manifest.auth or all(way.scheme == "none" for way in manifest.auth):
        yield "none is needed"
        return
    for way in manifest.auth:
        if way.scheme == "none":
            yield "or without a key"
            continue
        variables = [_variable(name) for name in way.env]
        given = " or ".join([*variables, "api_key=..."])
        needed = "" if not way.optional else " (not needed, but sent where it is there)"
        yield f"{given}{needed}"
        yield dim(f"sent {_sent(way.scheme, way.header, way.prefix, way.query)}")


def _sent(scheme: str, header: str | None, prefix: str | None, query: str | None) -> str:
    if scheme == "header":
        return f"as the header {header}: {prefix or ''}KEY"
    if scheme == "query":
        return f"in the query: {query}=KEY"
    return "as the header Authorization: Bearer KEY" if scheme == "bearer" else f"by the scheme {scheme}"


def _models(manifest: Manifest) -> Iterator[str]:
    examples = manifest.data.get("examples") or []
    for model in examples:
        yield f"{manifest.id}/{model}"
    if examples:
        yield dim("for example; any other model that the provider has works as well")


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
    elif manifest.endpoint.variables:
        names = ", ".join(f'"{name}": "..."' for name in manifest.endpoint.variables)
        arguments.append(f"variables={{{names}}}")
    return EXAMPLE.format(arguments=", ".join(arguments))
