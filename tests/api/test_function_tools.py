"""Tools made of functions and types: what the model is told, and what becomes of its arguments."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import functools
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import pydantic
import pytest

from ai_lib_python import ToolDefinition, tool
from ai_lib_python.function_tools import FunctionTool


class Unit(enum.Enum):
    CELSIUS = "celsius"
    KELVIN = "kelvin"


class Place(pydantic.BaseModel):
    """Where something is."""

    city: str
    country: str = "Norway"


class Route(pydantic.BaseModel):
    stops: list[Place]


@dataclasses.dataclass
class Tree:
    name: str
    children: list[Tree] = dataclasses.field(default_factory=list)


def weather(city: str, days: int = 1, unit: Unit = Unit.CELSIUS) -> str:
    """The weather forecast of a city.

    For today and after.

    Args:
        city: its name, such as Oslo.
        days: how many days.
    """
    return f"{city} {days} {unit.value}"


def function_tool(function: Callable[..., Any], **options: Any) -> FunctionTool:
    made = tool(function, **options)
    assert isinstance(made, FunctionTool)
    return made


# What the model is told


def test_a_function_says_all_that_the_model_is_told() -> None:
    made = function_tool(weather)
    assert (made.name, made.description) == ("weather", "The weather forecast of a city.\n\nFor today and after.")
    assert made.parameters == {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "its name, such as Oslo."},
            "days": {"type": "integer", "description": "how many days.", "default": 1},
            "unit": {"$ref": "#/$defs/Unit", "default": "celsius"},
        },
        "required": ["city"],
        "additionalProperties": False,
        "$defs": {"Unit": {"title": "Unit", "enum": ["celsius", "kelvin"]}},
    }


def google(city: str) -> None:
    """Asks.

    Args:
        city (str): its name.
    """


def sphinx(city: str) -> None:
    """Asks.

    :param city: its name.
    """


def numpy(city: str) -> None:
    """Asks.

    Parameters
    ----------
    city : str
        its name.
    """


def annotated(city: Annotated[str, "its name."]) -> None:
    """Asks."""


@pytest.mark.parametrize("function", [google, sphinx, numpy, annotated])
def test_what_an_argument_is_for_stands_in_any_usual_place(function: Callable[..., Any]) -> None:
    made = tool(function)
    assert made.description == "Asks."
    assert made.parameters["properties"] == {"city": {"type": "string", "description": "its name."}}


class Filter(TypedDict):
    words: list[str]


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (int, {"type": "integer"}),
        (str | None, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        (Literal["a", "b"], {"enum": ["a", "b"]}),
        (datetime.date, {"type": "string", "format": "date"}),
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (dict[str, float], {"type": "object", "additionalProperties": {"type": "number"}}),
        (Annotated[int, msgspec.Meta(ge=1, le=9)], {"type": "integer", "minimum": 1, "maximum": 9}),
    ],
)
def test_a_type_becomes_its_schema(kind: Any, schema: dict[str, Any]) -> None:
    def asks(value: Any) -> None: ...

    asks.__annotations__["value"] = kind
    assert tool(asks).parameters["properties"]["value"] == schema


def test_types_within_types_are_defined_where_references_look_for_them() -> None:
    def travels(route: Route, tree: Tree, filter: Filter) -> None: ...

    parameters = tool(travels).parameters
    assert parameters["properties"]["route"]["properties"]["stops"]["items"] == {"$ref": "#/$defs/Place"}
    assert parameters["properties"]["tree"] == {"$ref": "#/$defs/Tree"}
    assert parameters["$defs"].keys() == {"Place", "Tree", "Filter"}
    assert parameters["$defs"]["Place"]["properties"]["city"]["type"] == "string"


def test_two_types_of_one_name_are_refused() -> None:
    other = pydantic.create_model("Place", x=(int, ...))
    within = pydantic.create_model("Within", place=(other, ...))

    def goes(route: Route, within: Any) -> None: ...

    goes.__annotations__["within"] = within
    with pytest.raises(TypeError, match="two types are both called 'Place'"):
        tool(goes)


def test_a_parameter_whose_default_is_none_may_be_null() -> None:
    def asks(when: datetime.date = None) -> None: ...  # type: ignore[assignment]  # noqa: RUF013

    (schema,) = tool(asks).parameters["properties"].values()
    assert {"type": "null"} in schema["anyOf"]
    assert function_tool(asks).bound({"when": None}) == {"when": None}


def test_null_in_the_place_of_what_has_a_default_is_the_default() -> None:
    """Wires with ``strict`` require every argument, and their models say null for one that is left out."""

    def asks(city: str, days: int = 3, unit: Literal["c", "k"] = "c", note: str | None = "n") -> None: ...

    made = function_tool(asks)
    given = {"city": "Oslo", "days": None, "unit": None, "note": None}
    assert made.bound(given) == {"city": "Oslo", "days": 3, "unit": "c", "note": None}
    with pytest.raises(ValueError, match="city"):
        made.bound({"city": None})


def test_a_default_that_may_be_changed_is_fresh_each_time_and_not_told() -> None:
    def asks(words: list[str] = ["a"]) -> None: ...  # noqa: B006

    made = function_tool(asks)
    assert "default" not in made.parameters["properties"]["words"]
    assert made.bound({}) == {"words": ["a"]}


def test_what_a_partial_gives_is_kept_from_the_model() -> None:
    def fetch(key: str, path: str) -> str:
        return key + path

    made = function_tool(functools.partial(fetch, key="planted-secret"), name="fetch")
    assert made.parameters["properties"].keys() == {"path"}
    assert "planted-secret" not in repr(made)
    assert made.function(**made.bound({"path": "/x"})) == "planted-secret/x"


def test_methods_and_objects_that_can_be_called_are_functions() -> None:
    class Shop:
        def price(self, item: str) -> float:
            """The price of an item."""
            return len(item)

        def __call__(self, item: str) -> bool:
            return bool(item)

    priced, asked = function_tool(Shop().price), function_tool(Shop(), name="in_stock")
    assert (priced.name, priced.description) == ("price", "The price of an item.")
    assert priced.parameters["properties"] == asked.parameters["properties"] == {"item": {"type": "string"}}


def test_a_wrapped_function_is_what_it_wraps() -> None:
    @functools.wraps(weather)
    def wrapped(*args: Any, **options: Any) -> Any:
        return weather(*args, **options)

    assert tool(wrapped).parameters == tool(weather).parameters


def test_words_of_ones_own_win() -> None:
    made = tool(weather, name="forecast", description="Tells.", strict=True)
    assert (made.name, made.description, made.strict) == ("forecast", "Tells.", True)


# Types


@pytest.mark.parametrize("kind", [Place, Tree, Filter, msgspec.defstruct("Point", [("x", int)])])
def test_a_type_is_a_tool_without_a_function(kind: type) -> None:
    made = tool(kind)
    assert type(made) is ToolDefinition
    assert (made.name, made.parameters["type"]) == (kind.__name__, "object")


def test_a_types_own_docstring_describes_it() -> None:
    assert tool(Place).description == "Where something is."
    assert tool(Tree).description is None  # what a dataclass makes up is no description


# What cannot be a tool


def no_type(city) -> None: ...  # type: ignore[no-untyped-def]
def starred(*cities: str) -> None: ...
def keywords(**options: str) -> None: ...
def positional(city: str, /) -> None: ...
def callback(then: Callable[[], None]) -> None: ...
def socket_of(place: object) -> None: ...


@pytest.mark.parametrize(
    ("source", "error", "problem"),
    [
        (no_type, TypeError, r"tool no_type: the parameter 'city' needs a type, as in city: str"),
        (starred, TypeError, r"tool starred: the parameter '\*cities' cannot be given by its name"),
        (keywords, TypeError, r"tool keywords: the parameter '\*\*options' cannot be given by its name"),
        (positional, TypeError, r"tool positional: the parameter 'city' cannot be given by its name"),
        (callback, TypeError, r"tool callback: the parameter 'then' has a type without a JSON Schema"),
        (lambda: 1, ValueError, r"'<lambda>' is no name for a tool: tool\(\.\.\., name=\.\.\.\) gives it one"),
        (functools.partial(weather), ValueError, r"has no name: tool\(\.\.\., name=\.\.\.\)"),
        (int, TypeError, r"tool int: expected a function, or a type with fields, got <class 'int'>"),
    ],
)
def test_what_cannot_be_a_tool_says_why(source: Any, error: type[Exception], problem: str) -> None:
    with pytest.raises(error, match=problem):
        tool(source)


def test_a_type_that_only_a_function_knows_is_refused_by_name() -> None:
    class Hidden(pydantic.BaseModel):
        x: int

    def looks(hidden: Hidden) -> None: ...

    with pytest.raises(TypeError, match="tool looks: an annotation names 'Hidden', which its module does not know"):
        tool(looks)


# The model's arguments


def test_arguments_become_values_of_the_annotations() -> None:
    def goes(place: Place, unit: Unit, when: datetime.date, tree: Tree) -> None: ...

    given = {"place": {"city": "Oslo"}, "unit": "kelvin", "when": "2026-11-28", "tree": {"name": "a"}}
    assert function_tool(goes).bound(given) == {
        "place": Place(city="Oslo"),
        "unit": Unit.KELVIN,
        "when": datetime.date(2026, 11, 28),
        "tree": Tree("a"),
    }


def test_numbers_that_came_as_texts_are_numbers() -> None:
    assert function_tool(weather).bound({"city": "Oslo", "days": "3"})["days"] == 3


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({}, "missing required field `city`"),
        ({"city": 7}, r"Expected `str`, got `int` - at `\$\.city`"),
        ({"city": "Oslo", "days": "soon"}, r"Expected `int`, got `str` - at `\$\.days`"),
        ({"city": "Oslo", "unit": "rankine"}, r"Invalid enum value 'rankine' - at `\$\.unit`"),
        ({"city": "Oslo", "mood": "good"}, "unknown field `mood`"),
    ],
)
def test_arguments_that_do_not_fit_say_where(arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        function_tool(weather).bound(arguments)


def test_a_models_own_problem_says_where() -> None:
    def goes(place: Place) -> None: ...

    with pytest.raises(ValueError, match=r"Input should be a valid string(.|\n)*at `\$\.place`"):
        function_tool(goes).bound({"place": {"city": 7}})


def rate(
    stars: Annotated[int, pydantic.Field(ge=1, le=5, description="how good")],
    times: int = pydantic.Field(2, description="how often"),
    word: str = pydantic.Field(description="why"),
) -> str:
    return f"{stars}{times}{word}"


def test_pydantics_field_tells_the_model_and_holds_its_arguments() -> None:
    made = function_tool(rate)
    properties = made.parameters["properties"]
    assert (properties["stars"]["description"], properties["stars"]["maximum"]) == ("how good", 5)
    assert (properties["times"]["description"], properties["times"]["default"]) == ("how often", 2)
    assert made.parameters["required"] == ["stars", "word"]
    assert made.bound({"stars": 5, "word": "x"}) == {"stars": 5, "times": 2, "word": "x"}
    with pytest.raises(ValueError, match=r"less than or equal to 5 - at `\$.stars`"):
        made.bound({"stars": 6, "word": "x"})


class Hotel(pydantic.BaseModel):
    kind: Literal["hotel"] = "hotel"
    rooms: int


class Tent(pydantic.BaseModel):
    kind: Literal["tent"] = "tent"
    poles: int


def stay(
    where: Annotated[Hotel | Tent, pydantic.Field(discriminator="kind")], or_where: Hotel | Tent | None = None
) -> str:
    return repr(where)


def test_one_of_several_models_may_be_an_argument() -> None:
    made = function_tool(stay)
    assert made.bound({"where": {"kind": "tent", "poles": 2}}) == {"where": Tent(poles=2), "or_where": None}
    with pytest.raises(ValueError, match=r"Input tag 'cave' found using 'kind' .* - at `\$.where`"):
        made.bound({"where": {"kind": "cave"}})


def test_what_is_no_argument_for_a_model_is_refused() -> None:
    def call(back: Callable[[], None]) -> None: ...

    with pytest.raises(TypeError, match="the parameter 'back' has a type without a JSON Schema"):
        function_tool(call)
