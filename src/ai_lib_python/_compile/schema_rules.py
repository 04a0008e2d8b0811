"""What a wire takes of JSON Schema, and how any schema is made to fit.

    response_format: {schema: {when: strict, closed: true, all_required: true, without: [minLength]}}

A schema that already fits stays as it is. What is changed or left out is noted, and what was left out is told to the
model in words, in the description of the place. What cannot be said at all is refused, with its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from .._plain import plain
from ..errors import UnsupportedError
from ..tools import ResponseFormat, ToolDefinition
from .filters import to_json
from .notes import Notes
from .schemas import PLAIN_VALUES, SCHEMAS_IN_MAPS, inline_refs, upper_types

ALWAYS, STRICT = "always", "strict"

KEPT = 256
"""How many fitted schemas the process remembers for each set of rules."""

SPEECHLESS = frozenset({"title", "examples", "deprecated", "readOnly", "writeOnly", "$comment", "$schema", "$id"})
"""Keywords that ask for nothing, so that the model need not be told of them."""

LOAD_BEARING = frozenset({"$ref", "allOf", "anyOf", "oneOf"})
"""Keywords without which a schema would be another one."""


class SchemaRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of ``schema`` in the rule of a parameter.

    Attributes:
        when: ``always``, or ``strict``: only where the caller asks that the schema be kept to.
        only: the keywords that the wire takes; all others go.
        without: keywords that it does not take.
        at_most: keywords that it takes with so high a number only.
        formats: the formats of texts that it takes.
        any_of: ``oneOf`` becomes ``anyOf``.
        const_as_enum: a ``const`` is sent as the ``enum`` of one value that it is.
        closed: every object says that it has no other keys than those it names; one of free keys is refused.
        all_required: every key of an object is required, and may be null where it was not.
        inline_refs: what is referred to stands in the place of the reference.
        bare_refs: a reference stands alone; one with a description beside it is replaced by what it refers to.
        recursive: whether a schema may refer to itself.
        nullable: what may be null says ``nullable: true`` in the place of a type ``null``.
        upper_types: types in capitals.
    """

    when: str = ALWAYS
    only: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    at_most: dict[str, float] = {}
    formats: frozenset[str] | None = None
    any_of: bool = False
    const_as_enum: bool = False
    closed: bool = False
    all_required: bool = False
    inline_refs: bool = False
    bare_refs: bool = False
    recursive: bool = True
    nullable: bool = False
    upper_types: bool = False


class _Fitted(msgspec.Struct, frozen=True):
    """A schema that fits, or None where it is as it was; and what was changed."""

    schema: Any
    changes: tuple[str, ...]


class SchemaFitter:
    """Makes schemas fit one wire. The generated encoder calls it with the value of a parameter."""

    def __init__(self, rules: SchemaRules) -> None:
        self._rules = rules
        self._known: dict[bytes, _Fitted] = {}

    def tools(self, tools: tuple[ToolDefinition, ...], notes: Notes) -> tuple[ToolDefinition, ...]:
        """The tools, with parameters that fit."""
        return tuple(self._tool(tool, notes) for tool in tools)

    def response_format(self, wanted: ResponseFormat, notes: Notes) -> ResponseFormat:
        """The format, with a schema that fits."""
        if wanted.schema is None or not self._applies(wanted.strict):
            return wanted
        schema = self._fit("response_format", "the schema of the answer", wanted.schema, notes)
        return wanted if schema is wanted.schema else msgspec.structs.replace(wanted, schema=schema)

    def _tool(self, tool: ToolDefinition, notes: Notes) -> ToolDefinition:
        if not self._applies(tool.strict):
            return tool
        schema = self._fit("tools", f"the schema of the tool {tool.name}", tool.parameters, notes)
        return tool if schema is tool.parameters else msgspec.structs.replace(tool, parameters=schema)

    def _applies(self, strict: bool | None) -> bool:
        return self._rules.when == ALWAYS or bool(strict)

    def _fit(self, parameter: str, what: str, schema: Mapping[str, Any], notes: Notes) -> Any:
        key = msgspec.json.encode(schema, enc_hook=plain)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= KEPT:
                self._known.clear()
            known = self._known[key] = self._fitted(what, schema)
        for change in known.changes:
            notes.adapted(f"{parameter}.schema", f"{what}: {change}")
        return schema if known.schema is None else known.schema

    def _fitted(self, what: str, schema: Mapping[str, Any]) -> _Fitted:
        fit = _Fit(self._rules, schema)
        try:
            fitting = fit.whole()
        except _CannotFit as error:
            raise UnsupportedError(f"{what} cannot be said on this wire: {error}") from None
        return _Fitted(None if fitting == schema else fitting, tuple(fit.changes))


class _CannotFit(Exception):
    pass


class _Fit:
    """One schema on its way; ``changes`` are told in words."""

    def __init__(self, rules: SchemaRules, root: Mapping[str, Any]) -> None:
        self._rules = rules
        self._root = root
        self._changes: dict[str, list[str]] = {}

    @property
    def changes(self) -> list[str]:
        return [f"{change} ({', '.join(dict.fromkeys(places))})" for change, places in self._changes.items()]

    def whole(self) -> Any:
        """The schema that fits.

        Raises:
            _CannotFit: there is none.
        """
        schema: Any = self._root
        if self._rules.inline_refs:
            schema = inline_refs(schema)
        if (not self._rules.recursive or self._rules.inline_refs) and (circle := _circle_in(schema)):
            raise _CannotFit(f"{circle} refers to itself")
        schema = self._node(schema, "")
        return upper_types(schema) if self._rules.upper_types else schema

    def _node(self, node: Any, place: str) -> Any:
        if isinstance(node, list):
            return [self._node(item, f"{place}[{index}]") for index, item in enumerate(node)]
        if not isinstance(node, Mapping):
            return node
        for step in _STEPS:
            node = step(self, node, place)
        return {key: self._inside(key, value, place) for key, value in node.items()}

    def _inside(self, key: str, value: Any, place: str) -> Any:
        if key in PLAIN_VALUES:
            return value
        if key in SCHEMAS_IN_MAPS and isinstance(value, Mapping):
            inside = key if key in ("$defs", "definitions") else place
            return {name: self._node(item, _below(inside, name)) for name, item in value.items()}
        return self._node(value, f"{place}[]" if key == "items" else place)

    def _told(self, change: str, place: str) -> None:
        self._changes.setdefault(change, []).append(place or "the whole")

    # Each step takes a schema and gives one; what is inside comes after.

    def _referred(self, node: Mapping[str, Any], place: str) -> Mapping[str, Any]:
        """A reference with something beside it, as what it refers to."""
        reference = node.get("$ref")
        if not (self._rules.bare_refs and isinstance(reference, str) and len(node.keys() - {"$defs"}) > 1):
            return node
        found = _found(self._root, reference)
        if found is None or _circle_in({**found, "$defs": self._root.get("$defs", {})}):
            self._told("what stood beside a reference is left out", place)
            return {key: node[key] for key in ("$ref", "$defs") if key in node}
        return {**found, **{key: value for key, value in node.items() if key != "$ref"}}

    def _single(self, node: Mapping[str, Any], place: str) -> Mapping[str, Any]:
        """An ``allOf`` of one schema, as that schema."""
        every = node.get("allOf")
        if not isinstance(every, list) or len(every) != 1 or not isinstance(every[0], Mapping) or self._takes("allOf"):
            return node
        return {**every[0], **{key: value for key, value in node.items() if key != "allOf"}}

    def _choice(self, node: Mapping[str, Any], place: str) -> Mapping[str, Any]:
        if not self._rules.any_of or "oneOf" not in node or "anyOf" in node:
            return node
        self._told("oneOf is sent as anyOf", place)
        return {("anyOf" if key == "oneOf" else key): value for key, value in node.items()}

    def _constant(self, node: Mapping[str, Any], place: str) -> Mapping[str, Any]:
        """A constant as the only one of its kind: the same in other words."""
        if not self._rules.const_as_enum or "const" not in node:
            return node
        return {
            ("enum" if key == "const" else key): [value] if key == "const" else value for key, value in node.items()
        }

    def _keywords(self, node: Mapping[str, Any], place: str) -> Mapping[str, Any]:
        """Only what the wire knows; the rest in words."""
        kept = {key: value for key, value in node.items() if self._takes(key, value)}
        gone = {key: value for key, value in node.items() if key not in kept}
        lost = next((key for key in gone if key in LOAD_BEARING), None)
        if lost is not None:
            raise _CannotFit(f"it takes no {lost}, which stands at {place or 'the top'}")
        for key in gone:
            self._told(f"{key} is left out", place)
        words = ", ".join(f"{key}: {to_json(value)}" for key, value in gone.items() if key not in SPEECHLESS)
        if words:
            said = node.get("description")
            kept["description"] = f"{said} ({words})" if said else words
        return kept

    def _takes(self, key: str, value: Any = None) -> bool:
        rules = self._rules
        if key in rules.without or (rules.only and key not in rules.only):
            return False
        if key in rules.at_most and isinstance(value, (int, float)):
            return value <= rules.at_most[key]
        return key != "format" or rules.formats is None or value is None or value in rules.formats

    def _object(self, node: Mapping[str, Any], place: str) -> Mapping[str, Any]:
        """An object that says all of its keys."""
        if not self._rules.closed or not _is_object(node):
            return node
        more = node.get("additionalProperties")
        if "properties" not in node or isinstance(more, Mapping) or node.get("patternProperties"):
            raise _CannotFit(f"it takes no object of free keys, which stands at {place or 'the top'}")
        if more is not False:
            self._told("other keys are ruled out", place)
        return {**node, "additionalProperties": False}

    def _required(self, node: Mapping[str, Any], place: str) -> Mapping[str, Any]:
        """An object whose keys are all there; those that might be absent may be null."""
        if not self._rules.all_required or not isinstance(node.get("properties"), Mapping):
            return node
        required = node.get("required") or ()
        missing = [name for name in node["properties"] if name not in required]
        if not missing:
            return node
        for name in missing:
            self._told("what may be absent is null instead", _below(place, name))
        properties = {
            name: _or_null(schema) if name in missing else schema for name, schema in node["properties"].items()
        }
        return {**node, "properties": properties, "required": list(properties)}

    def _null(self, node: Mapping[str, Any], place: str) -> Mapping[str, Any]:
        """What may be null, by a keyword of its own."""
        if not self._rules.nullable or not _takes_null(node):
            return node
        return {**_without_null(node), "nullable": True}


_STEPS: tuple[Callable[[_Fit, Mapping[str, Any], str], Mapping[str, Any]], ...] = (
    _Fit._referred,
    _Fit._single,
    _Fit._choice,
    _Fit._constant,
    _Fit._object,
    _Fit._required,
    _Fit._keywords,
    _Fit._null,
)


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _is_object(node: Mapping[str, Any]) -> bool:
    kind = node.get("type")
    return kind == "object" or "properties" in node or (isinstance(kind, list) and "object" in kind)


def _found(root: Mapping[str, Any], reference: str) -> Mapping[str, Any] | None:
    section, _, name = reference.removeprefix("#/").partition("/")
    found = root.get(section, {}).get(name) if section in ("$defs", "definitions") else None
    return found if isinstance(found, Mapping) else None


def _circle_in(schema: Any) -> str | None:
    """The first reference that leads back to itself."""
    root = schema if isinstance(schema, Mapping) else {}
    definitions = {
        f"#/{section}/{name}": body
        for section in ("$defs", "definitions")
        for name, body in dict(root.get(section) or {}).items()
    }
    leads = {name: _references(body) for name, body in definitions.items()}
    return next((name for name in leads if name in _reached(name, leads)), None) or (
        "#" if "#" in _references(root) else None
    )


def _reached(name: str, leads: Mapping[str, set[str]]) -> set[str]:
    """Every reference that can be come to from one."""
    reached: set[str] = set()
    ahead = set(leads[name])
    while ahead:
        step = ahead.pop()
        reached.add(step)
        ahead |= leads.get(step, set()) - reached
    return reached


def _references(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(_references, node)) if node else set()
    if not isinstance(node, Mapping):
        return set()
    own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
    return own.union(*(_references(value) for value in node.values())) if node else own


def _takes_null(node: Mapping[str, Any]) -> bool:
    kind = node.get("type")
    if kind == "null" or (isinstance(kind, list) and "null" in kind):
        return True
    return any(isinstance(choice, Mapping) and choice.get("type") == "null" for choice in node.get("anyOf") or ())


def _or_null(schema: Any) -> Any:
    """The schema, or null."""
    if not isinstance(schema, Mapping) or _takes_null(schema):
        return schema
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    if isinstance(schema.get("type"), (str, list)) and "enum" not in schema and "const" not in schema:
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return {**schema, "type": [*kinds, "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def _without_null(node: Mapping[str, Any]) -> Mapping[str, Any]:
    kind = node.get("type")
    if isinstance(kind, list):
        kinds = [each for each in kind if each != "null"]
        return {**node, "type": kinds[0] if len(kinds) == 1 else kinds}
    choices = [choice for choice in node.get("anyOf") or () if choice != {"type": "null"}]
    rest = {key: value for key, value in node.items() if key != "anyOf"}
    if len(choices) == 1 and isinstance(choices[0], Mapping):
        return {**choices[0], **rest}
    return {**rest, "anyOf": choices} if choices else rest
