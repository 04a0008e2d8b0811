"""Shapes: what the fields of a request may be, so that a server half can refuse what the real API would.

A manifest names shapes (``serve.accepts``); the one called ``body`` is the request's. A shape is one of

TEXT                           `text`, `number`, `integer`, `boolean`, `map`, `any`, the name of a shape, or `=word`;
                               several with `|` between them; `(0..2)` bounds a number or the length of a text;
                               `*` makes a list, `+` one with something in it, `*(2..4)` one of so many; `!` at the
                               end: it must be given
{field: SHAPE}                 a map of these fields and no others, unless `"*": SHAPE` says what others are
[word, word]                   one of these values
{$by: .type, $case: {word: SHAPE}, $else: SHAPE}      a map whose kind stands in one of its fields

Absent and ``null`` are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from .._spelling import did_you_mean
from .context import Context, Source

ROOT = "body"
"""The shape of the whole request."""

OTHERS = "*"
"""The key of a map that stands for the fields that are not named."""

Path = tuple[Any, ...]


class Wrong(NamedTuple):
    """One thing wrong with a value: where, and what; ``unknown`` where it is a field that the shape does not have."""

    path: Path
    message: str
    unknown: bool = False

    def __str__(self) -> str:
        return f"{spelled(self.path)}: {self.message}"


def spelled(path: Path) -> str:
    """A path as text: ``messages[0].role``."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".") or "the body"


class Range(NamedTuple):
    """From ``low`` to ``high``; None where there is no bound."""

    low: float | None = None
    high: float | None = None

    def holds(self, value: float) -> bool:
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def __str__(self) -> str:
        if self.low is None:
            return f"at most {self.high:g}"
        return f"at least {self.low:g}" if self.high is None else f"from {self.low:g} to {self.high:g}"


EVERYTHING = Range()


class Shape(Protocol):
    """What a value may be."""

    def fits(self, value: Any) -> bool:
        """Whether the value is of the right kind, whatever stands in it."""

    def wrong(self, value: Any, path: Path) -> Iterator[Wrong]:
        """What is wrong with a value of the right kind."""

    def __str__(self) -> str:
        """What is expected, in words."""


class Plain(NamedTuple):
    """A text, a number, a switch, any map, or anything."""

    kind: str
    range: Range = EVERYTHING

    def fits(self, value: Any) -> bool:
        if isinstance(value, bool):
            return self.kind in ("boolean", "any")
        if self.kind == "integer" and isinstance(value, float):
            return value.is_integer()
        return isinstance(value, KINDS[self.kind])

    def wrong(self, value: Any, path: Path) -> Iterator[Wrong]:
        size = len(value) if isinstance(value, (str, dict)) else value
        if self.range is not EVERYTHING and not self.range.holds(size):
            yield Wrong(path, f"expected {self}, got {shown(value)}")

    def __str__(self) -> str:
        bounds = "" if self.range is EVERYTHING else f", {self.range}"
        return WORDS[self.kind] + (bounds if self.kind != "text" else bounds and f"{bounds} characters")


class Word(NamedTuple):
    """One of some values."""

    values: tuple[Any, ...]

    def fits(self, value: Any) -> bool:
        return any(value == one and type(value) is type(one) for one in self.values)

    def wrong(self, value: Any, path: Path) -> Iterator[Wrong]:
        return iter(())

    def __str__(self) -> str:
        one = ", ".join(map(shown, self.values))
        return one if len(self.values) == 1 else f"one of {one}"


class Items(NamedTuple):
    """A list, each item of one shape."""

    each: Shape
    range: Range = EVERYTHING

    def fits(self, value: Any) -> bool:
        return isinstance(value, list)

    def wrong(self, value: Any, path: Path) -> Iterator[Wrong]:
        if not self.range.holds(len(value)):
            yield Wrong(path, f"expected {self.range} items, got {len(value)}")
        for index, item in enumerate(value):
            yield from problems(self.each, item, (*path, index))

    def __str__(self) -> str:
        return "a list"


class Fields(NamedTuple):
    """A map: its fields, those that must be there, and what others may be."""

    fields: Mapping[str, Shape]
    needed: tuple[str, ...]
    others: Shape | None
    spellings: bool

    def fits(self, value: Any) -> bool:
        return isinstance(value, dict)

    def wrong(self, value: Any, path: Path) -> Iterator[Wrong]:
        named = {self._name(key): (key, item) for key, item in value.items()}
        for name, (key, item) in named.items():
            yield from self._field(name, item, (*path, key))
        for name in self.needed:
            if named.get(name, (name, None))[1] is None:
                yield Wrong((*path, name), "must be given")

    def _field(self, name: str, value: Any, path: Path) -> Iterator[Wrong]:
        shape = self.fields.get(name, self.others)
        if value is None:
            return
        if shape is None:
            yield Wrong(path, f"there is no such field{did_you_mean(name, self.fields)}", unknown=True)
        else:
            yield from problems(shape, value, path)

    def _name(self, key: str) -> str:
        """The field that a key means, where names may be written in snake_case too."""
        if not self.spellings or key in self.fields or "_" not in key:
            return key
        return re.sub(r"_(\w)", lambda found: found[1].upper(), key)

    def __str__(self) -> str:
        return "a map"


class Cases(NamedTuple):
    """A map whose shape depends on the value of one of its fields."""

    field: str
    cases: Mapping[Any, Shape]
    other: Shape | None

    def fits(self, value: Any) -> bool:
        return isinstance(value, dict)

    def wrong(self, value: Any, path: Path) -> Iterator[Wrong]:
        found = value.get(self.field)
        shape = self.other if isinstance(found, (dict, list)) else self.cases.get(found, self.other)
        if shape is None:
            expected = f"one of {', '.join(map(str, self.cases))}"
            yield Wrong((*path, self.field), _instead(expected, found, self.cases))
            return
        yield from problems(shape, value, path)

    def __str__(self) -> str:
        return "a map"


class Either(NamedTuple):
    """One of several shapes."""

    shapes: tuple[Shape, ...]

    def fits(self, value: Any) -> bool:
        return any(shape.fits(value) for shape in self.shapes)

    def wrong(self, value: Any, path: Path) -> Iterator[Wrong]:
        """Nothing where one fits; else what is wrong by the one that was probably meant."""
        found = [list(shape.wrong(value, path)) for shape in self.shapes if shape.fits(value)]
        yield from min(found, key=len)

    def __str__(self) -> str:
        return " or ".join(map(str, self.shapes))


class Named:
    """A shape that is called by its name, and so may hold itself."""

    def __init__(self, shapes: Mapping[str, Shape], name: str) -> None:
        self._shapes = shapes
        self._name = name

    def fits(self, value: Any) -> bool:
        return self._shapes[self._name].fits(value)

    def wrong(self, value: Any, path: Path) -> Iterator[Wrong]:
        return self._shapes[self._name].wrong(value, path)

    def __str__(self) -> str:
        return str(self._shapes[self._name])


def problems(shape: Shape, value: Any, path: Path = ()) -> Iterator[Wrong]:
    """Where a value is not of a shape, in the order of its fields."""
    if not shape.fits(value):
        yield Wrong(path, _instead(str(shape), value, _words_of(shape)))
        return
    yield from shape.wrong(value, path)


def _words_of(shape: Shape) -> Sequence[str]:
    return [str(value) for value in shape.values] if isinstance(shape, Word) else []


def _instead(expected: str, value: Any, words: Any) -> str:
    if value is None:
        return f"must be given: {expected}"
    return f"expected {expected}, got {shown(value)}{did_you_mean(str(value), map(str, words))}"


def shown(value: Any) -> str:
    """A value as it would stand in JSON, cut short; of lists and maps only what they are."""
    if isinstance(value, (dict, list)):
        return "a map" if isinstance(value, dict) else "a list"
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 3]}..."


MOST_SHOWN = 60

KINDS: dict[str, Any] = {
    "text": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
    "map": dict,
    "any": object,
}

WORDS = {
    "text": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "map": "a map",
    "any": "anything",
}


# Reading


def read_shapes(manifest: Source, data: dict[str, Any]) -> Shape | None:
    """The shape of a manifest's requests; None where it says none.

    Raises:
        ManifestError: a shape is none.
    """
    serve = data.get("serve", {})
    accepts = serve.get("accepts")
    if not accepts:
        return None
    context = Context(manifest, {}, "serve")
    with context.at("serve", "accepts"):
        if ROOT not in accepts:
            context.fail(f'the shape "{ROOT}", of the whole request, is missing')
        return _Reader(context, accepts, bool(serve.get("snake_case"))).all()[ROOT]


class _Reader:
    """Reads the shapes of one manifest."""

    def __init__(self, context: Context, accepts: dict[str, Any], spellings: bool) -> None:
        self._context = context
        self._accepts = accepts
        self._spellings = spellings
        self._shapes: dict[str, Shape] = {}

    def all(self) -> Mapping[str, Shape]:
        """Every shape by its name."""
        for name, node in self._accepts.items():
            with self._context.at(name):
                if name in KINDS:
                    self._context.fail(f"{name} is a word of the language; call the shape otherwise")
                self._shapes[name] = self.shape(node)
        self._refuse_circles()
        return self._shapes

    def _refuse_circles(self) -> None:
        """A shape that is itself, and not within a map or a list, would never come to an end."""
        for name in self._shapes:
            with self._context.at(name):
                if name in self._aliases(name, set()):
                    self._context.fail("is itself")

    def _aliases(self, name: str, seen: set[str]) -> set[str]:
        """The shapes that a text calls without a list around them, and those that they call."""
        node = self._accepts[name]
        called = set() if not isinstance(node, str) else {term.strip("! ") for term in node.split("|")}
        for other in (called & self._accepts.keys()) - seen:
            seen.add(other)
            self._aliases(other, seen)
        return seen

    def shape(self, node: Any) -> Shape:
        if isinstance(node, str):
            return self._text(node)
        if isinstance(node, list) and node:
            return Word(tuple(node))
        if isinstance(node, dict):
            return self._cases(node) if "$by" in node else self._fields(node)
        return self._context.fail("expected the shape of a value: a text such as `number(0..2)!`, a map or a list")

    def _fields(self, node: dict[str, Any]) -> Shape:
        fields, needed = {}, []
        for name, inner in node.items():
            with self._context.at(name):
                if str(name).startswith("$"):
                    self._context.fail("a shape has the operators $by, $case and $else, and $by must be there")
                fields[str(name)] = self.shape(inner)
            if isinstance(inner, str) and inner.rstrip().endswith("!"):
                needed.append(str(name))
        others = fields.pop(OTHERS, None)
        return Fields(fields, tuple(name for name in needed if name != OTHERS), others, self._spellings)

    def _cases(self, node: dict[str, Any]) -> Shape:
        context = self._context
        for key in node:
            if key not in ("$by", "$case", "$else"):
                with context.at(key):
                    context.fail("$by has $case and $else beside it, and nothing else")
        field = str(node["$by"])
        if not re.fullmatch(r"\.[\w-]+", field):
            with context.at("$by"):
                context.fail(f"expected one field of the map, such as .type, got {field!r}")
        given, cases = node.get("$case") or {}, {}
        if not isinstance(given, dict):
            with context.at("$case"):
                context.fail(f"expected a map of the field's values to their shapes, got {given!r}")
        for word, inner in given.items():
            with context.at("$case", word):
                cases[word] = self._case(inner, field[1:])
        other = None
        if "$else" in node:
            with context.at("$else"):
                other = self._case(node["$else"], field[1:])
        return Cases(field[1:], cases, other)

    def _case(self, node: Any, field: str) -> Shape:
        """The shape of one case; a map need not name the field that has chosen it."""
        return self.shape({field: "any", **node} if isinstance(node, dict) and "$by" not in node else node)

    def _text(self, text: str) -> Shape:
        shapes = [self._term(term.strip()) for term in text.rstrip().removesuffix("!").split("|")]
        return shapes[0] if len(shapes) == 1 else Either(tuple(shapes))

    def _term(self, term: str) -> Shape:
        if term.startswith("="):
            return Word((term[1:],))
        found = _TERM.fullmatch(term)
        if not found:
            self._context.fail(f"{term!r} is no shape; shapes look like text, number(0..2), part* or =word")
        shape = self._named(found["name"], self._range(found["range"]))
        for mark, bounds in _LISTS.findall(found["lists"]):
            shape = Items(shape, self._range(bounds or ("1.." if mark == "+" else None)))
        return shape

    def _named(self, name: str, bounds: Range) -> Shape:
        if name in KINDS:
            return Plain(name, bounds)
        if name not in self._accepts:
            known = [*KINDS, *self._accepts]
            self._context.fail(f"no shape {name!r}{self._context.nearest(name, known)}")
        if bounds is not EVERYTHING:
            self._context.fail(f"{name} is a shape of its own, and takes no bounds")
        return Named(self._shapes, name)

    def _range(self, text: str | None) -> Range:
        if not text:
            return EVERYTHING
        low, _, high = text.partition("..")
        return Range(float(low) if low else None, float(high) if high else None)


_NUMBER = r"-?\d+(?:\.\d+)?"
_BOUNDS = rf"(?:{_NUMBER})?\.\.(?:{_NUMBER})?"
_LIST = rf"([*+])(?:\(({_BOUNDS})\))?"
_TERM = re.compile(rf"(?P<name>[a-z]\w*)(?:\((?P<range>{_BOUNDS})\))?(?P<lists>(?:[*+](?:\({_BOUNDS}\))?)*)")
_LISTS = re.compile(_LIST)
