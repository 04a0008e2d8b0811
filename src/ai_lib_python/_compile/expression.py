"""The path language, parsed.

    expression  = alternative { "|" filter }
    alternative = term { "or" term }
    term        = "$" name { step } | "." [ key ] { step } | literal
    step        = "." key | "[" integer "]" | "[" string "]"
    filter      = name [ "(" literal { "," literal } ")" ]
    literal     = string | number | "true" | "false" | "null"

``.`` is the current item, ``$name`` a name in scope, ``.0`` the first item of a list.
``a or b`` is the first that is present. A text is parsed to its end or refused with the column where it went wrong.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple, Union

import msgspec


class ExpressionError(ValueError):
    """An expression does not parse. The message gives the column."""


class Path(NamedTuple):
    """``root`` is a name in scope, or None for the current item."""

    root: str | None
    steps: tuple[str | int, ...]


class Literal(NamedTuple):
    value: Any


class Filter(NamedTuple):
    name: str
    arguments: tuple[Any, ...]


class Expression(NamedTuple):
    alternatives: tuple[Path | Literal, ...]
    filters: tuple[Filter, ...]


Segment = Union[str, Expression]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEY = re.compile(r"[A-Za-z0-9_@-]+")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_HOLE = re.compile(r"\$?\$\{([^}]*)\}")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
LONGEST_INDEX = 10
"""Digits from which on a key is a text: no list is so long, and Python refuses to read numbers of any length."""

_WORDS = {"true": True, "false": False, "null": None}


def is_expression(text: str) -> bool:
    """Whether a string of a template is an expression and not the text itself."""
    return text.startswith((".", "$")) and not text.startswith(("${", "$${"))


def is_template(text: str) -> bool:
    """Whether something in a string is read, so that it does not stand for itself."""
    return is_expression(text) or "${" in text


@lru_cache(maxsize=4096)
def parse_expression(text: str) -> Expression:
    """Parses ``text`` to its end; manifests say the same things again and again.

    Raises:
        ExpressionError: with the column of the first thing that is not understood.
    """
    parser = _Parser(text)
    expression = parser.expression()
    parser.end()
    return expression


def parse_interpolation(text: str) -> list[Segment]:
    """Splits ``data:${.media_type};x`` into texts and expressions; ``$${`` is a literal ``${``."""
    segments: list[Segment] = []
    position = 0
    for match in _HOLE.finditer(text):
        if match.start() > position:
            segments.append(text[position : match.start()])
        if match.group().startswith("$$"):
            segments.append(match.group()[1:])
        else:
            segments.append(parse_expression(match.group(1).strip()))
        position = match.end()
    if position < len(text):
        segments.append(text[position:])
    if "${" in text[position:]:
        raise ExpressionError(f"{text!r}, column {text.index('${', position) + 1}: no '}}' ends this '${{'")
    return segments


class _Parser:
    """A cursor over one expression."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def expression(self) -> Expression:
        alternatives = [self._term()]
        while self._take("or "):
            alternatives.append(self._term())
        filters = []
        while self._take("|"):
            filters.append(self._filter())
        return Expression(tuple(alternatives), tuple(filters))

    def end(self) -> None:
        self._skip_space()
        if self.position < len(self.text):
            raise self._error(f"unexpected {self.text[self.position]!r}")

    def _term(self) -> Path | Literal:
        self._skip_space()
        if self.text.startswith("$", self.position):
            self.position += 1
            return Path(self._match(_NAME, "a name after '$'"), self._steps())
        if self.text.startswith(".", self.position):
            return self._current()
        return Literal(self._literal())

    def _current(self) -> Path:
        following = self.text[self.position + 1 : self.position + 2]
        if following and _KEY.match(following):
            return Path(None, self._steps())
        self.position += 1
        return Path(None, self._steps())

    def _steps(self) -> tuple[str | int, ...]:
        steps: list[str | int] = []
        while self.position < len(self.text):
            if self.text[self.position] == ".":
                self.position += 1
                key = self._match(_KEY, "a key after '.'")
                steps.append(int(key) if key.isdecimal() and len(key) < LONGEST_INDEX else key)
            elif self.text[self.position] == "[":
                steps.append(self._subscript())
            else:
                break
        return tuple(steps)

    def _subscript(self) -> str | int:
        self.position += 1
        key = self._literal()
        if isinstance(key, bool) or not isinstance(key, (str, int)):
            raise self._error("expected a number or a quoted key in '[...]'")
        if not self._take("]"):
            raise self._error("expected ']'")
        return key

    def _filter(self) -> Filter:
        self._skip_space()
        name = self._match(_NAME, "the name of a filter after '|'")
        if not self._take("("):
            return Filter(name, ())
        arguments = [self._literal()]
        while self._take(","):
            arguments.append(self._literal())
        if not self._take(")"):
            raise self._error("expected ')'")
        return Filter(name, tuple(arguments))

    def _literal(self) -> Any:
        self._skip_space()
        for pattern in (_STRING, _NUMBER):
            match = pattern.match(self.text, self.position)
            if match:
                self.position = match.end()
                return self._decoded(match.group())
        start = self.position
        word = self._match(_NAME, "a value")
        if word not in _WORDS:
            self.position = start
            raise self._error(f"unknown word {word!r}; a text is written in double quotes")
        return _WORDS[word]

    def _decoded(self, text: str) -> Any:
        try:
            return msgspec.json.decode(text)
        except (msgspec.DecodeError, ValueError) as error:
            raise self._error(f"{text} is not a value: {error}") from None

    def _match(self, pattern: re.Pattern[str], expected: str) -> str:
        match = pattern.match(self.text, self.position)
        if match is None:
            raise self._error(f"expected {expected}")
        self.position = match.end()
        return match.group()

    def _take(self, token: str) -> bool:
        self._skip_space()
        if self.text.startswith(token, self.position):
            self.position += len(token)
            return True
        return False

    def _skip_space(self) -> None:
        while self.text[self.position : self.position + 1].isspace():
            self.position += 1

    def _error(self, problem: str) -> ExpressionError:
        return ExpressionError(f"{self.text!r}, column {self.position + 1}: {problem}")
