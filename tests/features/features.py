"""The features, one function each: it asks for one and checks what the provider understood and what came back.

What the provider understood is read by the simulator's own half of the wire format, not by what the client wrote.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from ai_lib_python import ContentBlock, Message, ToolCall, Usage, messages_from_json, messages_to_json
from ai_lib_python.errors import IncompleteStream, OutputTruncated, RateLimited, StreamInterrupted, TransportError
from ai_lib_python.message import FilePart, ImagePart, TextPart
from ai_lib_python.simulator import Answer, SimulatedError

from .trial import Feature, Trial

FEATURES: list[Feature] = []

PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
PDF = b"%PDF-1.7\n%%EOF\n"
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(16)
MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(12)

OSLO = ToolCall("callno001", "weather", '{"city":"Oslo"}')
ULM = ToolCall("callno002", "weather", '{"city":"Ulm"}')


def weather(city: str) -> str:
    """The weather of a city.

    Args:
        city: its name.
    """
    return f"rain in {city}"


def broken(city: str) -> str:
    """The weather of a city."""
    raise ConnectionError(f"no station in {city}")


@dataclass
class City:
    """A city."""

    name: str
    people: int


def feature(
    group: str, name: str
) -> Callable[[Callable[[Trial], Awaitable[None]]], Callable[[Trial], Awaitable[None]]]:
    """Adds a function to the features."""

    def added(run: Callable[[Trial], Awaitable[None]]) -> Callable[[Trial], Awaitable[None]]:
        FEATURES.append(Feature(group, name, run))
        return run

    return added


# Answers


@feature("Answers", "`execute()`")
async def execute(on: Trial) -> None:
    on.script(Answer("Hello there"))
    response = await on.chat().user("Hello").execute()
    assert response.content == "Hello there"
    assert response.finish_reason == "stop"
    assert on.understood.messages == (Message.user("Hello"),)


@feature("Answers", "`stream()`")
async def stream(on: Trial) -> None:
    on.script(Answer("Once upon a time"))
    streamed = on.chat().user("Tell me a story").stream()
    texts = [event.as_content_delta.text async for event in streamed if event.is_content_delta]
    assert "".join(texts) == "Once upon a time"
    assert streamed.response.content == "Once upon a time"
    assert streamed.response.finish_reason == "stop"


@feature("Answers", "token counts")
async def counts(on: Trial) -> None:
    on.script(Answer("Hi", usage=Usage(input=12, output=3)))
    response, stats = await on.chat().user("Hello").execute_with_stats()
    on.lacks_unless(stats.total_tokens is not None, "usage", "the wire counts no tokens")
    assert (response.usage.prompt_tokens, response.usage.completion_tokens) == (12, 3)


@feature("Answers", "token counts of a stream")
async def streamed_counts(on: Trial) -> None:
    on.script(Answer("Hi there", usage=Usage(input=12, output=3)))
    async with on.chat().user("Hello").stream() as streamed:
        async for _ in streamed:
            pass
    on.lacks_unless(streamed.stats.total_tokens is not None, "usage", "the wire counts no tokens", stream=True)
    assert (streamed.stats.prompt_tokens, streamed.stats.completion_tokens) == (12, 3)


@feature("Answers", "tokens read from a cache")
async def cached_counts(on: Trial) -> None:
    on.script(Answer("Hi", usage=Usage(input=2, cache_read=10, output=3)))
    _, stats = await on.chat().user("Hello").execute_with_stats()
    on.lacks_unless(stats.cached_tokens is not None, "cache_read", "the wire does not count them apart")
    assert (stats.usage.input, stats.cached_tokens, stats.prompt_tokens) == (2, 10, 12)


@feature("Answers", "an answer cut off at its limit")
async def truncated(on: Trial) -> None:
    on.script(Answer("Hello the", finish_reason="length"))
    response = await on.chat().user("Hello").execute()
    on.lacks_unless(response.finish_reason == "length", "length", "the wire does not say why an answer ends")


@feature("Answers", "errors by their class")
async def errors(on: Trial) -> None:
    on.script(SimulatedError("rate_limited", "slow down"))
    error = await on.error_of(on.chat().user("Hello").execute())
    assert isinstance(error, RateLimited)
    assert error.retryable
    assert "slow down" in str(error)


@feature("Answers", "a broken stream is an error, with what came")
async def broken_stream(on: Trial) -> None:
    on.script(Answer("one two three four five six", cut_after=5))
    streamed = on.chat().user("Count").stream()
    error = await on.error_of(on.all_of(streamed))
    assert isinstance(error, (StreamInterrupted, IncompleteStream, TransportError))
    assert "one two three four five six".startswith(streamed.response.content)
    assert streamed.stats.interrupted


# Messages


@feature("Messages", "system prompt")
async def system(on: Trial) -> None:
    await on.chat().system("Be brief.").user("Hello").execute()
    assert on.understood.messages[0] == Message.system("Be brief.")


@feature("Messages", "several turns")
async def turns(on: Trial) -> None:
    await on.chat().user("What is recursion?").assistant("It calls itself.").user("Show me").execute()
    assert [(each.role.value, each.text) for each in on.understood.messages] == [
        ("user", "What is recursion?"),
        ("assistant", "It calls itself."),
        ("user", "Show me"),
    ]


@feature("Messages", "`conversation()`")
async def conversation(on: Trial) -> None:
    on.script(Answer("It calls itself."), Answer("def f(): f()"))
    talk = on.client.conversation()
    await talk.say("What is recursion?")
    response = await talk.say("Show me")
    assert response.content == "def f(): f()"
    assert [message.text for message in on.understood.messages] == ["What is recursion?", "It calls itself.", "Show me"]


@feature("Messages", "a history as JSON and back")
async def history_as_json(on: Trial) -> None:
    on.script(Answer("It calls itself."), Answer("def f(): f()"))
    response = await on.chat().user("What is recursion?").execute()
    kept = messages_to_json([Message.user("What is recursion?"), response.to_message()])
    assert messages_from_json(kept)[1].text == "It calls itself."
    await on.chat().messages(messages_from_json(kept)).user("Show me").execute()
    assert [message.text for message in on.understood.messages] == ["What is recursion?", "It calls itself.", "Show me"]


@feature("Messages", "marks for the prompt cache")
async def cache_marks(on: Trial) -> None:
    response = await on.chat().user([ContentBlock.cached("Long instructions."), "Hello"]).execute()
    on.took(response, "cache")
    assert "Long instructions." in on.understood.messages[0].text


# Parameters


def parameter(name: str, shown: str, ask: Callable[[Any], Any], check: Callable[[Any], bool]) -> None:
    """A feature that is one parameter: what the provider understood is what was asked for."""

    async def run(on: Trial) -> None:
        response = await ask(on.chat().user("Hello")).execute()
        on.took(response, name)
        if on.state == "yes":
            assert check(on.understood), on.understood

    run.__name__ = name
    feature("Parameters", shown)(run)


parameter("temperature", "`temperature`", lambda c: c.temperature(0.5), lambda r: r.temperature == 0.5)
parameter("top_p", "`top_p`", lambda c: c.top_p(0.5), lambda r: r.top_p == 0.5)
parameter("top_k", "`top_k`", lambda c: c.top_k(7), lambda r: r.top_k == 7)
parameter("max_tokens", "`max_tokens`", lambda c: c.max_tokens(200), lambda r: r.max_tokens == 200)
parameter("stop", "`stop`", lambda c: c.stop(["END"]), lambda r: r.stop == ("END",))
parameter("seed", "`seed`", lambda c: c.seed(7), lambda r: r.seed == 7)
parameter(
    "presence_penalty", "`presence_penalty`", lambda c: c.presence_penalty(0.5), lambda r: r.presence_penalty == 0.5
)
parameter(
    "frequency_penalty", "`frequency_penalty`", lambda c: c.frequency_penalty(0.5), lambda r: r.frequency_penalty == 0.5
)
parameter("logprobs", "`logprobs`", lambda c: c.logprobs(), lambda r: r.logprobs is True)
parameter("logit_bias", "`logit_bias`", lambda c: c.logit_bias({42: -100}), lambda r: r.logit_bias == {"42": -100})
parameter("user", "`user_id`", lambda c: c.user_id("person-1"), lambda r: r.user == "person-1")
parameter("metadata", "`metadata`", lambda c: c.metadata({"job": "7"}), lambda r: r.metadata == {"job": "7"})
parameter("store", "`store`", lambda c: c.store(), lambda r: r.store is True)
parameter("service_tier", "`service_tier`", lambda c: c.service_tier("default"), lambda r: r.service_tier == "default")
parameter("web_search", "`web_search()`", lambda c: c.web_search(), lambda r: r.web_search.enabled)


@feature("Parameters", "`n`: several answers")
async def several(on: Trial) -> None:
    on.script(Answer("An oak"))
    response = await on.chat().user("Name a tree").n(2).execute()
    on.took(response, "n")
    assert response.content == "An oak"
    assert [each.content for each in response.alternatives] == ["An oak"]


@feature("Parameters", "`extra_body`")
async def extra_body(on: Trial) -> None:
    preview = on.chat().user("Hello").extra_body({"of_ones_own": {"a": 1}}).preview()
    assert preview.body["of_ones_own"] == {"a": 1}


# Tools


@feature("Tools", "tools from functions")
async def tools(on: Trial) -> None:
    on.script(Answer(tool_calls=[OSLO]))
    response = await on.chat().user("Is it raining in Oslo?").tools([weather]).execute()
    on.took(response, "tools")
    (call,) = response.tool_calls
    assert (call.name, call.arguments) == ("weather", {"city": "Oslo"})
    assert response.finish_reason == "tool_calls"
    (offered,) = on.understood.tools
    assert (offered.name, offered.description) == ("weather", "The weather of a city.")
    assert offered.parameters["properties"]["city"]["description"] == "its name."


@feature("Tools", "several calls at once")
async def parallel_tools(on: Trial) -> None:
    on.script(Answer(tool_calls=[OSLO, ULM]))
    response = await on.chat().user("Is it raining?").tools([weather]).execute()
    on.took(response, "tools")
    assert [call.arguments["city"] for call in response.tool_calls] == ["Oslo", "Ulm"]


@feature("Tools", "calls in a stream")
async def streamed_tools(on: Trial) -> None:
    on.script(Answer(tool_calls=[OSLO]))
    streamed = on.chat().user("Is it raining in Oslo?").tools([weather]).stream()
    ended = [event.as_tool_call_ended async for event in streamed if event.is_tool_call_ended]
    on.took(streamed.response, "tools")
    assert [(event.name, event.arguments_json) for event in ended] == [("weather", OSLO.arguments_json)]
    assert streamed.response.tool_calls[0].arguments == {"city": "Oslo"}


@feature("Tools", "`run_tools()`: rounds of calls")
async def tool_rounds(on: Trial) -> None:
    on.script(Answer(tool_calls=[OSLO, ULM]), Answer("It rains in both."))
    chat = on.chat().user("Is it raining?").tools([weather])
    on.notices(chat.preview().adjustments, ("tools",))
    response = await chat.run_tools()
    assert response.content == "It rains in both."
    assert on.results() == ["rain in Oslo", "rain in Ulm"]


@feature("Tools", "`stream_tools()`")
async def streamed_rounds(on: Trial) -> None:
    on.script(Answer(tool_calls=[OSLO]), Answer("It rains."))
    chat = on.chat().user("Is it raining?").tools([weather])
    on.notices(chat.preview(stream=True).adjustments, ("tools",))
    streamed = chat.stream_tools()
    answered = [event.as_tool_answered.outcome.value async for event in streamed if event.is_tool_answered]
    assert answered == ["rain in Oslo"]
    assert streamed.response.content == "It rains."
    assert on.results() == ["rain in Oslo"]


@feature("Tools", "a failed call is told as one")
async def failed_call(on: Trial) -> None:
    call = ToolCall(OSLO.id, "broken", OSLO.arguments_json)
    on.script(Answer(tool_calls=[call]), Answer("I could not find out."))
    chat = on.chat().user("Is it raining?").tools([broken])
    on.notices(chat.preview().adjustments, ("tools",))
    response = await chat.run_tools()
    (result,) = on.results()
    assert "ConnectionError: no station in Oslo" in result
    on.took(response, "is_error")


@feature("Tools", "`tool_choice`: a certain one")
async def tool_choice(on: Trial) -> None:
    on.script(Answer(tool_calls=[OSLO]))
    response = await on.chat().user("Hello").tools([weather, broken]).tool_choice("weather").execute()
    on.took(response, "tools", "tool_choice")
    assert on.understood.tool_choice.name == "weather"


@feature("Tools", "`tool_choice`: none")
async def no_tool(on: Trial) -> None:
    on.script(Answer("No need to look."))
    response = await on.chat().user("Hello").tools([weather]).tool_choice("none").execute()
    on.took(response, "tools", "tool_choice")
    assert on.understood.tool_choice is None or on.understood.tool_choice.mode == "none"


@feature("Tools", "`parallel_tool_calls(False)`")
async def one_at_a_time(on: Trial) -> None:
    on.script(Answer(tool_calls=[OSLO]))
    response = await on.chat().user("Hello").tools([weather]).parallel_tool_calls(False).execute()
    on.took(response, "tools", "parallel_tool_calls")
    assert on.understood.parallel_tool_calls is False


@feature("Tools", "strict schemas")
async def strict_tools(on: Trial) -> None:
    tool = {"name": "weather", "parameters": CITY, "strict": True}
    on.script(Answer(tool_calls=[OSLO]))
    response = await on.chat().user("Is it raining in Oslo?").tools([tool]).execute()
    on.took(response, "tools", "tools.strict", "strict")
    assert on.understood.tools[0].strict


CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


# Typed answers


@feature("Typed answers", "`into(City)`")
async def into(on: Trial) -> None:
    on.script(on.typed('{"name":"Oslo","people":700000}'))
    response = await on.chat().user("Tell me of Oslo").into(City).execute()
    assert response.parsed == City("Oslo", 700000)
    assert response.content == '{"name":"Oslo","people":700000}'
    on.took(response, "response_format")


@feature("Typed answers", "`stream_into(City)`")
async def stream_into(on: Trial) -> None:
    on.script(on.typed('{"name":"Oslo","people":700000}'))
    streamed = on.chat().user("Tell me of Oslo").stream_into(City)
    partials = [partial async for partial in streamed]
    assert partials[-1] == {"name": "Oslo", "people": 700000}
    assert streamed.response.parsed == City("Oslo", 700000)
    on.took(streamed.response, "response_format")


@feature("Typed answers", "a cut-off answer is an error before it is read")
async def typed_truncated(on: Trial) -> None:
    on.script(Answer('{"name": "Os', finish_reason="length"))
    error = await on.error_of(on.chat().user("Tell me of Oslo").into(City).execute())
    on.lacks_unless(isinstance(error, OutputTruncated), "length", "the wire does not say why an answer ends")
    assert error.partial.content == '{"name": "Os'


@feature("Typed answers", "after rounds of tools")
async def typed_rounds(on: Trial) -> None:
    on.script(Answer(tool_calls=[OSLO]), Answer('{"name":"Oslo","people":700000}'))
    chat = on.chat().user("Tell me of Oslo").tools([weather])
    on.notices(chat.preview().adjustments, ("tools",))
    response = await chat.into(City).run_tools()
    assert response.parsed == City("Oslo", 700000)
    on.took(response, "response_format")


@feature("Typed answers", "JSON mode")
async def json_mode(on: Trial) -> None:
    on.script(Answer('{"name":"Oslo"}'))
    response = await on.chat().user("Tell me of Oslo in JSON").response_format("json").execute()
    on.took(response, "response_format")
    assert on.understood.response_format.kind == "json_object"


# Files


def file_feature(name: str, shown: str, data: bytes, media_type: str, family: str) -> None:
    async def run(on: Trial) -> None:
        part = ContentBlock.attachment(data, media_type=media_type, filename=f"a.{name}")
        response = await on.chat().user(["What is this?", part]).execute()
        on.took(response, part.kind)
        found = on.parts()
        if on.state == "yes":
            given = [f"{getattr(each, 'data', None)} {getattr(each, 'url', None)}" for each in found]
            assert any(str(part.data) in each for each in given), found

    run.__name__ = f"{family}_{name}"
    feature("Files", shown)(run)


file_feature("png", "an image by its bytes", PNG, "image/png", "image")
file_feature("pdf", "a PDF", PDF, "application/pdf", "file")
file_feature("wav", "a sound", WAV, "audio/wav", "audio")
file_feature("mp4", "a video", MP4, "video/mp4", "video")


@feature("Files", "an image by its address")
async def image_url(on: Trial) -> None:
    address = "https://example.com/cat.png"
    chat = on.chat().user(["What is this?", ContentBlock.image_url(address)]).inline_urls(False)
    response = await chat.execute()
    on.took(response, "image_url")
    assert any(isinstance(part, (ImagePart, FilePart)) and part.url == address for part in on.parts())


@feature("Files", "a text file")
async def text_file(on: Trial) -> None:
    part = ContentBlock.attachment(b"Buy apples.", media_type="text/plain", filename="notes.txt")
    response = await on.chat().user(["Summarize", part]).execute()
    on.took(response, "file_base64")
    texts = "".join(each.text for each in on.parts() if isinstance(each, TextPart))
    assert on.state != "changed" or "Buy apples." in texts


# Reasoning


@feature("Reasoning", "an effort in a word")
async def effort(on: Trial) -> None:
    response = await on.chat().user("Hello").reasoning("low").execute()
    on.took(response, "reasoning")
    assert on.understood.reasoning.enabled
    assert on.understood.reasoning.effort in ("low", None)


@feature("Reasoning", "a budget in tokens")
async def budget(on: Trial) -> None:
    response = await on.chat().user("Hello").reasoning(budget=2000).execute()
    on.took(response, "reasoning", "reasoning.budget_tokens")
    assert on.understood.reasoning.budget_tokens == 2000


@feature("Reasoning", "none")
async def no_reasoning(on: Trial) -> None:
    response = await on.chat().user("Hello").reasoning("none").execute()
    on.took(response, "reasoning")
    assert on.understood.reasoning is None or not on.understood.reasoning.enabled


@feature("Reasoning", "thoughts, apart from the answer")
async def thoughts(on: Trial) -> None:
    on.script(Answer("Yes.", reasoning="Let me see."))
    response = await on.chat().user("Hello").execute()
    assert response.content == "Yes."
    on.lacks_unless(response.reasoning is not None, "reasoning", "the wire shows no thoughts")
    assert response.reasoning == "Let me see."


@feature("Reasoning", "thoughts in a stream")
async def streamed_thoughts(on: Trial) -> None:
    on.script(Answer("Yes.", reasoning="Let me see."))
    streamed = on.chat().user("Hello").stream()
    pieces = [event.as_reasoning_delta.text async for event in streamed if event.is_reasoning_delta]
    on.lacks_unless(bool(pieces), "reasoning", "the wire shows no thoughts", stream=True)
    assert "".join(pieces) == "Let me see."
    assert streamed.response.content == "Yes."


@feature("Reasoning", "thoughts go back with the next turn")
async def thoughts_return(on: Trial) -> None:
    on.script(Answer("Yes.", reasoning="Let me see."), Answer("Still yes."))
    response = await on.chat().user("Is it so?").execute()
    on.lacks_unless(response.reasoning is not None, "reasoning", "the wire shows no thoughts")
    again = on.chat().user("Is it so?").messages([response.to_message()]).user("Sure?")
    on.took(await again.execute(), "reasoning")
    assert any(part.kind == "reasoning" for message in on.understood.messages for part in message.parts)
