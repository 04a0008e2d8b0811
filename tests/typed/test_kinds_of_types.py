"""The types that people annotate with: what a model is told of them, and what its answer becomes."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypedDict, TypeVar, Union

import msgspec
import pydantic
import pydantic.dataclasses
import pytest

from ai_lib_python import AiClient
from ai_lib_python._types.answers import AnswerType
from ai_lib_python.errors import InvalidAnswer
from ai_lib_python.simulator import Answer, Simulator

Item = TypeVar("Item")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Everything:
    when: dt.datetime
    at: dt.time
    day: dt.date
    lasts: dt.timedelta
    price: decimal.Decimal
    id: uuid.UUID
    colour: Colour
    way: Literal["up", "down"]
    tags: set[str]
    pair: tuple[int, dt.datetime]
    many: tuple[dt.time, ...]
    by_name: dict[str, dt.datetime]
    perhaps: dt.datetime | None = None
    frozen: frozenset[int] = frozenset()


@dataclass
class Branch:
    since: dt.datetime
    branches: list[Branch] = field(default_factory=list)


@dataclass
class Page(Generic[Item]):
    items: list[Item]


class StructMoment(msgspec.Struct, tag=True):
    at: dt.datetime


class StructWord(msgspec.Struct, tag=True):
    word: str


class Row(NamedTuple):
    name: str
    at: dt.datetime


class Dated(TypedDict):
    at: dt.datetime


class Cat(pydantic.BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(pydantic.BaseModel):
    kind: Literal["dog"]
    barks: bool = True


Pet = Annotated[Union[Cat, Dog], pydantic.Field(discriminator="kind")]


class Household(pydantic.BaseModel):
    pets: list[Pet]


@dataclass
class Circle:
    kind: Literal["circle"]
    radius: float


@dataclass
class Square:
    kind: Literal["square"]
    side: float


@dataclass
class Drawing:
    shapes: list[Circle | Square]


@dataclass
class Limited:
    stars: Annotated[int, pydantic.Field(ge=1, le=5, description="how good it was")]


@pydantic.dataclasses.dataclass
class Checked:
    even: int

    @pydantic.field_validator("even")
    @classmethod
    def is_even(cls, value: int) -> int:
        if value % 2:
            raise ValueError("must be even")
        return value


class Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=True)
    when: dt.datetime
    id: uuid.UUID
    tags: set[str]


class Thread(pydantic.BaseModel):
    text: str
    replies: list[Thread] = []


class Plain:
    pass


def value(kind: Any, data: Any) -> Any:
    return AnswerType(kind).value(json.dumps(data))


WHEN = dt.datetime(2026, 3, 5, 10, 30, tzinfo=dt.timezone.utc)
SENT = "2026-03-05T10:30:00Z"
ID = "0d3f4e8e-6c3b-4b0a-9c43-111111111111"


def test_a_model_is_told_which_texts_are_moments() -> None:
    schema = AnswerType(Everything).schema["properties"]
    moment, time = {"type": "string", "format": "date-time"}, {"type": "string", "format": "time"}
    assert (schema["when"], schema["at"]) == (moment, time)
    assert schema["pair"]["prefixItems"][1] == moment
    assert schema["many"]["items"] == time
    assert schema["by_name"]["additionalProperties"] == moment
    assert schema["perhaps"]["anyOf"] == [moment, {"type": "null"}]


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        (dt.datetime, ("properties", "value")),
        (list[Page[dt.datetime]], ("$defs", "Page_datetime_", "properties", "items", "items")),
        (StructMoment | StructWord | int, ("$defs", "StructMoment", "properties", "at")),
        (StructMoment | StructWord, ("$defs", "StructMoment", "properties", "at")),
        (StructWord | Annotated[dt.datetime, msgspec.Meta(title="t")], ("properties", "value", "anyOf", 0)),
        (Row, ("properties", "value", "prefixItems", 1)),
        (Dated, ("properties", "at")),
        (Branch, ("properties", "since")),
    ],
)
def test_a_moment_is_told_wherever_it_stands(kind: Any, place: tuple[str | int, ...]) -> None:
    node: Any = AnswerType(kind).schema
    for step in place:
        node = node[step]
    assert (node["type"], node["format"]) == ("string", "date-time")


def test_standard_types_come_out_as_they_were_annotated() -> None:
    data = {
        "when": SENT,
        "at": "10:30:00",
        "day": "2026-03-05",
        "lasts": "PT5M",
        "price": 12.5,
        "id": ID,
        "colour": "blue",
        "way": "up",
        "tags": ["a", "a"],
        "pair": [1, SENT],
        "many": ["10:30:00"],
        "by_name": {"x": "2026-03-05T10:30:00"},
    }
    assert value(Everything, data) == Everything(
        WHEN,
        dt.time(10, 30),
        dt.date(2026, 3, 5),
        dt.timedelta(minutes=5),
        decimal.Decimal("12.5"),
        uuid.UUID(ID),
        Colour.BLUE,
        "up",
        {"a"},
        (1, WHEN),
        (dt.time(10, 30),),
        {"x": WHEN.replace(tzinfo=None)},
    )


@pytest.mark.parametrize(
    ("kind", "data", "wanted"),
    [
        (Branch, {"since": SENT, "branches": [{"since": SENT}]}, Branch(WHEN, [Branch(WHEN)])),
        (Thread, {"text": "a", "replies": [{"text": "b"}]}, Thread(text="a", replies=[Thread(text="b")])),
        (Household, {"pets": [{"kind": "dog"}]}, Household(pets=[Dog(kind="dog")])),
        (Pet, {"value": {"kind": "cat", "lives": 7}}, Cat(kind="cat", lives=7)),
        (Cat | Dog, {"value": {"kind": "dog"}}, Dog(kind="dog")),
        (list[Pet], {"value": [{"kind": "dog"}]}, [Dog(kind="dog")]),
        (Union[Cat, Dog, None], {"value": None}, None),
        (Drawing, {"shapes": [{"kind": "square", "side": 2}]}, Drawing([Square("square", 2)])),
        (Strict, {"when": SENT, "id": ID, "tags": ["a"]}, Strict(when=WHEN, id=uuid.UUID(ID), tags={"a"})),
        (Limited, {"stars": 4}, Limited(4)),
        (Checked, {"even": 4}, Checked(4)),
        (Path, {"value": "a/b"}, Path("a/b")),
        (object, {"value": [1]}, [1]),
    ],
)
def test_an_answer_becomes(kind: Any, data: Any, wanted: Any) -> None:
    assert value(kind, data) == wanted


def test_what_pydantics_field_says_reaches_the_model_and_is_checked() -> None:
    kind: AnswerType[Limited] = AnswerType(Limited)
    stars = kind.schema["properties"]["stars"]
    assert (stars["description"], stars["minimum"], stars["maximum"]) == ("how good it was", 1, 5)
    with pytest.raises(ValueError, match=r"^stars: Input should be less than or equal to 5$"):
        kind.value('{"stars": 6}')


def test_validators_of_a_dataclass_of_pydantic_are_asked() -> None:
    with pytest.raises(ValueError, match="even: Value error, must be even"):
        value(Checked, {"even": 3})


def test_what_a_model_of_pydantic_finds_is_told_in_one_line_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"^pets\[0\]") as caught:
        value(Household, {"pets": [{"kind": "cat", "lives": "many"}, {"kind": "cow"}]})
    first, second = str(caught.value).split("; ")
    assert first.startswith("pets[0].cat.lives: Input should be a valid integer")
    assert second.startswith("pets[1]: Input tag 'cow' found using 'kind'")
    assert "errors.pydantic.dev" not in str(caught.value)


def test_of_many_problems_the_first_are_told_and_the_rest_counted() -> None:
    with pytest.raises(ValueError, match=r"; and 12 more$"):
        value(Household, {"pets": [{}] * 20})


def test_a_null_for_what_was_optional_in_one_of_several_types_becomes_its_default() -> None:
    assert value(Pet, {"value": {"kind": "dog", "barks": None}}) == Dog(kind="dog", barks=True)


@pytest.mark.parametrize("kind", [Plain, list["Nowhere"], Union[Plain, int]])  # type: ignore[name-defined] # noqa: F821
def test_what_nobody_understands_is_refused_in_one_line(kind: Any) -> None:
    with pytest.raises(TypeError, match="no JSON Schema of") as caught:
        AnswerType(kind)
    assert "\n" not in str(caught.value)


def test_a_name_that_an_annotation_cannot_find_is_told() -> None:
    class Inner:
        pass

    @dataclass
    class Outer:
        inner: Inner

    with pytest.raises(TypeError, match="an annotation names 'Inner', which its module does not know"):
        AnswerType(Outer)


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as running:
        yield running


@pytest.mark.parametrize("provider", ["openai", "anthropic", "gemini", "ollama", "groq", "mistral"])
@pytest.mark.parametrize("kind", [Everything, Branch, Household, Drawing, Strict, list[Pet], Cat | Dog])
async def test_every_form_of_asking_takes_them(simulator: Simulator, provider: str, kind: Any) -> None:
    async with await AiClient.create(
        f"{provider}/m", base_url=simulator.address(provider), api_key="any", on_unsupported="ignore"
    ) as client:
        response = await client.chat().user("Hi").into(kind).execute()
    assert response.parsed is not None


async def test_a_repair_says_what_a_model_of_pydantic_found(simulator: Simulator) -> None:
    simulator.script(Answer('{"pets": [{"kind": "cat", "lives": "many"}]}'), Answer('{"pets": []}'))
    async with await AiClient.create("openai/m", base_url=simulator.address("openai"), api_key="any") as client:
        response = await client.chat().user("Hi").into(Household).execute(repairs=1)
        assert "pets[0].cat.lives" in simulator.requests[-1].body["messages"][-1]["content"]
        assert response.parsed == Household(pets=[])
        simulator.script(Answer('{"pets": 5}'))
        with pytest.raises(InvalidAnswer, match=r"^pets: Input should be a valid"):
            await client.chat().user("Hi").into(Household).execute()
