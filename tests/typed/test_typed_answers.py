"""Answers in a type, from the client to the simulator and back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypedDict

import msgspec
import pydantic
import pytest

from ai_lib_python import AiClient, Message, TypedResponse, TypedStream
from ai_lib_python import sync as blocking
from ai_lib_python.errors import AnswerError, AnswerRefused, ContentFiltered, InvalidAnswer, OutputTruncated
from ai_lib_python.message import ToolCall
from ai_lib_python.simulator import Answer, ReceivedRequest, Simulator

DIALECTS = (
    "openai-chat",
    "openai-responses",
    "anthropic-messages",
    "gemini-generate",
    "gemini-interactions",
    "mistral-chat",
    "cohere-v2",
    "cohere-v1",
    "bedrock-converse",
    "bedrock-invoke",
    "ollama-chat",
)


@dataclass
class City:
    name: str
    people: int = 0


@dataclass
class Country:
    """A country of the world."""

    name: str
    capital: City
    others: list[City] = field(default_factory=list)
    motto: str | None = None


class StructCountry(msgspec.Struct):
    name: str
    people: int


class ModelCountry(pydantic.BaseModel):
    name: str
    people: int = pydantic.Field(ge=0)


class DictCountry(TypedDict):
    name: str
    people: int


class TupleCountry(NamedTuple):
    name: str
    people: int


FRANCE = '{"name": "France", "capital": {"name": "Paris", "people": 2100000}, "others": [{"name": "Lyon"}]}'


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as running:
        yield running


async def client_of(simulator: Simulator, provider: str, model: str = "m", **options: Any) -> AiClient:
    address = simulator.address(provider)
    return await AiClient.create(f"{provider}/{model}", base_url=address, api_key="key", **options)


def body(simulator: Simulator) -> Any:
    received: ReceivedRequest = simulator.requests[-1]
    return received.body


async def read(stream: TypedStream[Any]) -> None:
    async for _ in stream:
        pass


async def asked(simulator: Simulator, kind: Any, text: str, provider: str = "openai") -> TypedResponse[Any]:
    simulator.script(Answer(text))
    async with await client_of(simulator, provider) as client:
        return await client.chat().user("Tell me of France").into(kind).execute()


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Country, FRANCE, Country("France", City("Paris", 2100000), [City("Lyon")])),
        (StructCountry, '{"name": "France", "people": 68}', StructCountry("France", 68)),
        (ModelCountry, '{"name": "France", "people": 68}', ModelCountry(name="France", people=68)),
        (DictCountry, '{"name": "France", "people": 68}', {"name": "France", "people": 68}),
        (list[City], '{"value": [{"name": "Paris"}]}', [City("Paris")]),
        (list[str], '["bare", "list"]', ["bare", "list"]),
        (int, '{"value": 42}', 42),
        (bool, '{"value": true}', True),
        (Literal["yes", "no"], '{"value": "yes"}', "yes"),
        (dict[str, int], '{"value": {"Paris": 2}}', {"Paris": 2}),
        (str | None, '{"value": null}', None),
        (TupleCountry, '{"value": ["France", 68]}', TupleCountry("France", 68)),
    ],
)
async def test_an_answer_is_a_value_of_the_type(simulator: Simulator, kind: Any, text: str, value: Any) -> None:
    response = await asked(simulator, kind, text)
    assert response.parsed == value
    assert type(response.parsed) is type(value)
    assert response.content == text
    assert response.finish_reason == "stop"


async def test_a_provider_with_schemas_is_held_to_one(simulator: Simulator) -> None:
    response = await asked(simulator, Country, FRANCE)
    sent = body(simulator)["response_format"]
    assert sent["type"] == "json_schema"
    assert sent["json_schema"]["strict"] is True
    assert sent["json_schema"]["name"] == "Country"
    schema = sent["json_schema"]["schema"]
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["name", "capital", "others", "motto"]
    assert {each.parameter for each in response.adjustments if each.action == "adapted"} == {"response_format.schema"}


async def test_a_null_for_what_was_optional_becomes_its_default(simulator: Simulator) -> None:
    response = await asked(simulator, City, '{"name": "Paris", "people": null}')
    assert response.parsed == City("Paris", 0)


async def test_what_strict_cannot_say_is_asked_for_without_it(simulator: Simulator) -> None:
    response = await asked(simulator, dict[str, int], '{"value": {"a": 1}}')
    sent = body(simulator)["response_format"]["json_schema"]
    assert "strict" not in sent
    assert sent["schema"]["properties"]["value"] == {"type": "object", "additionalProperties": {"type": "integer"}}
    assert response.parsed == {"a": 1}


async def test_without_schemas_the_model_is_made_to_call_a_tool_and_that_is_told(simulator: Simulator) -> None:
    call = ToolCall("c1", "City", '{"name": "Paris", "people": 2}')
    simulator.script(Answer(tool_calls=[call]))
    async with await client_of(simulator, "anthropic", "claude-3-5-sonnet") as client:
        response = await client.chat().user("Tell me of Paris").into(City).execute()
    sent = body(simulator)
    assert [tool["name"] for tool in sent["tools"]] == ["City"]
    assert sent["tool_choice"] == {"type": "tool", "name": "City"}
    assert response.parsed == City("Paris", 2)
    assert msgspec.json.decode(response.content) == {"name": "Paris", "people": 2}
    assert (response.tool_calls, response.finish_reason) == ((), "stop")
    assert response.to_message() == Message.assistant(response.content)
    told = response.adjustments[0]
    assert (told.parameter, told.action, told.sent) == (
        "response_format",
        "emulated",
        "a tool that must be called",
    )
    assert "structured output" in told.reason


BARE = """
id: bare
extends: openai-chat
name: Bare
endpoint: {base_url: https://bare.example}
parameters:
  tools: {refused: this wire has no tools}
  tool_choice: {refused: this wire has no tools}
  response_format: %s
"""


async def bare(folder: Path, format_rule: str, text: str, kind: Any = City) -> tuple[TypedResponse[Any], Any]:
    """The answer of a wire without tools, and the body that it got."""
    (folder / "bare.yaml").write_text(BARE % format_rule)
    async with Simulator([Answer(text)], manifest_dir=folder) as simulator:
        async with await client_of(simulator, "bare", manifest_dir=folder) as client:
            response = await client.chat().system("Be short.").user("Tell me of Paris").into(kind).execute()
        return response, body(simulator)


async def test_without_schemas_and_tools_json_mode_and_words_are_left(tmp_path: Path) -> None:
    rule = "{refused_when: {$value.kind: json_schema}, reason: no schemas here}"
    response, sent = await bare(tmp_path, rule, '{"name": "Paris"}')
    assert sent["response_format"] == {"type": "json_object"}
    assert [message["role"] for message in sent["messages"]] == ["system", "system", "user"]
    assert '"required":["name"]' in sent["messages"][1]["content"]
    assert response.parsed == City("Paris")
    told = response.adjustments[0]
    assert (told.action, told.reason, told.sent) == (
        "emulated",
        "no schemas here",
        "JSON mode, and the schema in words",
    )


async def test_where_nothing_holds_the_model_it_is_told_in_words(tmp_path: Path) -> None:
    text = 'Here {it} is:\n```json\n{"name": "Paris"}\n```\nAnything else?'
    response, sent = await bare(tmp_path, "{refused: this wire has no formats}", text)
    assert "JSON Schema" in sent["messages"][1]["content"]
    assert "response_format" not in sent
    assert response.parsed == City("Paris")
    assert response.content == text
    assert response.adjustments[0].sent == "the schema in words"


@pytest.mark.parametrize(
    "text",
    [
        'As the guide [1] says: {"name": "Paris"} [2]',
        '{"type": "object"} is what you asked for: {"name": "Paris"}',
        '```json\n[1]\n```\n```json\n{"name": "Paris"}\n```',
    ],
)
async def test_of_several_that_are_json_the_first_that_fits_is_meant(tmp_path: Path, text: str) -> None:
    response, _ = await bare(tmp_path, "{refused: this wire has no formats}", text)
    assert response.parsed == City("Paris")


async def test_what_fits_within_what_does_not_is_not_meant(tmp_path: Path) -> None:
    text = 'Here: {"was": {"name": "Paris"}, "is": {"name": "Rome"}}'
    with pytest.raises(InvalidAnswer, match="name"):
        await bare(tmp_path, "{refused: this wire has no formats}", text)


async def test_a_map_whose_one_key_is_the_word_that_wraps_is_read_both_ways(tmp_path: Path) -> None:
    response, _ = await bare(tmp_path, "{refused: this wire has no formats}", '{"value": 1}', dict[str, int])
    assert response.parsed == {"value": 1}


async def test_without_a_system_prompt_the_words_follow_what_the_person_says(tmp_path: Path) -> None:
    roles = "request: {turns: {roles: {system: null}}}\n"
    (tmp_path / "bare.yaml").write_text(roles + BARE % "{refused: this wire has no formats}")
    async with await AiClient.create("bare/m", manifest_dir=tmp_path) as client:
        sent = client.chat().user("Tell me of Paris").into(City).preview().body
    assert len(sent["messages"]) == 1
    assert sent["messages"][0]["content"].startswith("Tell me of Paris\n\nAnswer with one JSON object")


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_every_dialect_gives_a_value_plain_and_streamed(dialect: str) -> None:
    async with await AiClient.create(f"simulator/{dialect}") as client:
        chat = client.chat().user("Tell me of a city").into(City)
        response = await chat.execute()
        assert response.parsed == City("example")
        stream = chat.stream()
        partials = [partial async for partial in stream]
        assert stream.response.parsed == City("example")
        assert partials[-1]["name"] == "example"


async def test_the_preview_shows_the_form_that_is_sent(simulator: Simulator) -> None:
    async with await client_of(simulator, "anthropic", "claude-3-5-sonnet") as client:
        request = client.chat().user("Tell me of Paris").into(City)
        assert request.preview().body["tool_choice"] == {"type": "tool", "name": "City"}
        assert "; into City>" in repr(request)


async def test_more_can_be_said_behind_into_and_the_first_builder_stays_as_it_was(simulator: Simulator) -> None:
    simulator.script(Answer('{"name": "Paris"}'), Answer("Just words"))
    async with await client_of(simulator, "openai") as client:
        plain = client.chat().user("Tell me of Paris")
        await plain.into(City).system("Be short.").max_tokens(9).execute()
        assert body(simulator)["max_completion_tokens"] == 9
        await plain.execute()
        assert body(simulator)["messages"] == [{"role": "user", "content": "Tell me of Paris"}]
        assert "response_format" not in body(simulator)


class TestWithoutAWholeAnswer:
    @pytest.mark.parametrize(
        ("answer", "error", "words"),
        [
            (
                Answer('{"name": "Par', finish_reason="length"),
                OutputTruncated,
                r"cut off at the output limit, after \d",
            ),
            (Answer('{"name": "Paris"}', finish_reason="content_filter"), ContentFiltered, "content policy"),
            (Answer("I would rather not."), InvalidAnswer, "no JSON"),
            (Answer('{"people": 3}'), InvalidAnswer, "name"),
            (Answer('{"name": 3, "people": "many"}'), InvalidAnswer, r"\$\.name"),
            (Answer(tool_calls=[ToolCall("c1", "other", "{}")]), InvalidAnswer, "asks for tools .other.*run_tools"),
        ],
    )
    @pytest.mark.parametrize("streamed", [False, True])
    async def test_there_is_an_error_of_its_own_with_what_came(
        self, simulator: Simulator, answer: Answer, error: type[Exception], words: str, streamed: bool
    ) -> None:
        simulator.script(answer)
        async with await client_of(simulator, "openai", "gpt-4o") as client:
            request = client.chat().user("Tell me of Paris").into(City)
            with pytest.raises(error, match=words) as caught:
                await (read(request.stream()) if streamed else request.execute())
        failure: Any = caught.value
        assert failure.partial.content == (answer.text or "")
        assert (failure.provider, failure.model) == ("openai", "gpt-4o")

    async def test_a_refusal_is_told_with_its_words(self, tmp_path: Path) -> None:
        said = "{choices: [{index: 0, message: {refusal: No.}, finish_reason: stop}]}"
        endpoint = "endpoint: {base_url: https://shy.example}"
        (tmp_path / "shy.yaml").write_text(f"id: shy\nextends: openai-chat\n{endpoint}\nserve: {{response: {said}}}")
        async with Simulator(manifest_dir=tmp_path) as simulator:
            client = await client_of(simulator, "shy", manifest_dir=tmp_path)
            with pytest.raises(AnswerRefused, match=r"the model declined: No\.") as caught:
                await client.chat().user("Hi").into(City).execute()
            await client.aclose()
        assert isinstance(caught.value, AnswerError)
        assert caught.value.partial.refusal == "No."


class TestRepairs:
    async def test_the_model_is_told_what_does_not_fit_and_asked_again(self, simulator: Simulator) -> None:
        simulator.script(Answer("Sure!"), Answer('{"name": 1}'), Answer('{"name": "Paris"}'))
        async with await client_of(simulator, "openai") as client:
            request = client.chat().user("Tell me of Paris").into(City)
            response, stats = await request.execute_with_stats(repairs=2)
        assert response.parsed == City("Paris")
        assert [repair.response.content for repair in response.repairs] == ["Sure!", '{"name": 1}']
        assert "no JSON" in response.repairs[0].problem
        assert stats.attempts == 3
        assert stats.usage.output == sum(
            used.output or 0 for used in [response.usage, *(each.response.usage for each in response.repairs)]
        )
        messages = body(simulator)["messages"]
        assert [message["role"] for message in messages] == ["user", "assistant", "user", "assistant", "user"]
        assert "$.name" in messages[-1]["content"]

    async def test_their_number_is_a_limit(self, simulator: Simulator) -> None:
        simulator.script(*[Answer("Sure!")] * 3)
        async with await client_of(simulator, "openai") as client:
            with pytest.raises(InvalidAnswer, match="no JSON"):
                await client.chat().user("Tell me of Paris").into(City).execute(repairs=1)
        assert len(simulator.requests) == 2

    async def test_what_is_cut_off_is_not_asked_for_again(self, simulator: Simulator) -> None:
        simulator.script(Answer("{", finish_reason="length"))
        async with await client_of(simulator, "openai") as client:
            with pytest.raises(OutputTruncated):
                await client.chat().user("Tell me of Paris").into(City).execute(repairs=5)
        assert len(simulator.requests) == 1

    @pytest.mark.parametrize("repairs", [-1, 1.5, True])
    async def test_an_impossible_number_is_refused(self, simulator: Simulator, repairs: Any) -> None:
        async with await client_of(simulator, "openai") as client:
            with pytest.raises((TypeError, ValueError), match="repairs must be"):
                await client.chat().user("Hi").into(City).execute(repairs=repairs)


def people(city: str) -> int:
    """How many live in a city."""
    return {"Paris": 2100000}[city]


@pytest.mark.parametrize("provider", ["openai", "anthropic", "cohere"])
async def test_a_value_may_come_after_rounds_of_tools(simulator: Simulator, provider: str) -> None:
    call = ToolCall("call_1", "people", '{"city": "Paris"}')
    simulator.script(Answer(tool_calls=[call]), Answer('{"name": "Paris", "people": 2100000}'))
    async with await client_of(simulator, provider) as client:
        chat = client.chat().user("Tell me of Paris").tools([people]).into(City)
        response = await chat.run_tools()
    assert response.parsed == City("Paris", 2100000)
    assert [outcome.value for outcome in response.rounds[0].outcomes] == [2100000]


class TestStreams:
    async def test_the_value_grows(self, simulator: Simulator) -> None:
        simulator.script(Answer(FRANCE))
        async with await client_of(simulator, "openai") as client:
            stream = client.chat().user("Tell me of France").stream_into(Country)
            with pytest.raises(RuntimeError, match="not whole yet"):
                _ = stream.response
            partials = [partial async for partial in stream]
        assert partials[0] in ({}, {"name": ""}, {"name": "France"})
        assert partials[-1] == msgspec.json.decode(FRANCE)
        assert all(one != other for one, other in pairwise(partials))
        assert stream.response.parsed.capital == City("Paris", 2100000)
        assert stream.stats.finish_reason == "stop"

    async def test_a_forced_tool_streams_the_same_values(self, simulator: Simulator) -> None:
        simulator.script(Answer(tool_calls=[ToolCall("c1", "Country", FRANCE)], chunk_size=1))
        async with await client_of(simulator, "anthropic", "claude-3-5-sonnet") as client:
            stream = client.chat().user("Tell me of France").stream_into(Country)
            partials = [partial async for partial in stream]
        assert partials[-1] == msgspec.json.decode(FRANCE)
        assert stream.response.parsed.name == "France"
        assert stream.response.tool_calls == ()

    async def test_what_is_no_object_grows_without_its_wrapping(self, simulator: Simulator) -> None:
        simulator.script(Answer('{"value": ["a b", "c d"]}'))
        async with await client_of(simulator, "openai") as client:
            stream = client.chat().user("Hi").stream_into(list[str])
            partials = [partial async for partial in stream]
        assert partials[-1] == ["a b", "c d"]
        assert all(isinstance(partial, list) for partial in partials)
        assert stream.response.parsed == ["a b", "c d"]

    async def test_leaving_early_closes_the_connection(self, simulator: Simulator) -> None:
        simulator.script(Answer(FRANCE, pace=0.01))
        async with await client_of(simulator, "openai") as client:
            stream = client.chat().user("Tell me of France").stream_into(Country)
            async with stream:
                async for _ in stream:
                    break
            assert stream.stats.interrupted

    def test_the_blocking_face_has_it_all(self) -> None:
        with blocking.AiClient.create("simulator/openai-chat") as client:
            chat = client.chat().user("Tell me of a city")
            assert chat.into(City).execute().parsed == City("example")
            with chat.stream_into(City) as stream:
                assert list(stream)[-1] == {"name": "example", "people": None} or stream.response
            assert stream.response.parsed == City("example")
            assert stream.stats.total_tokens
            response = chat.tools([people]).into(City).run_tools()
            assert response.rounds


@pytest.mark.parametrize("kind", [{"type": "object"}, "City", City("Paris")])
async def test_what_is_no_type_is_refused(simulator: Simulator, kind: Any) -> None:
    async with await client_of(simulator, "openai") as client:
        with pytest.raises(TypeError, match=r"into\(...\) takes a type|no JSON Schema of"):
            client.chat().user("Hi").into(kind)


async def test_a_type_without_a_schema_is_refused_by_name(simulator: Simulator) -> None:
    async with await client_of(simulator, "openai") as client:
        with pytest.raises(TypeError, match=r"no JSON Schema of Callable: type .* is not supported"):
            client.chat().user("Hi").into(Callable[[int], int])
