"""What a user writes, for type checkers to check. Nobody runs it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ai_lib_python import (
    Adjustment,
    AiClient,
    AiLibError,
    CallStats,
    ChatResponse,
    ChatStream,
    ContentBlock,
    Conversation,
    Message,
    MessageRole,
    PortabilityReport,
    RemoteError,
    RequestPreview,
    StreamingEvent,
    ToolCall,
    ToolChoice,
    ToolDefinition,
    check_portability,
    messages_from_json,
    messages_to_json,
    tool,
)
from ai_lib_python.errors import RateLimited
from ai_lib_python.events import ContentDelta, ToolCallEnded
from ai_lib_python.sync import AiClient as BlockingClient


async def plain() -> str:
    async with await AiClient.create("openai/gpt-4o", api_key="k", timeout=30) as client:
        response: ChatResponse = await client.chat().system("Be brief.").user("Hello").temperature(0.2).execute()
        calls: tuple[ToolCall, ...] = response.tool_calls
        changed: tuple[Adjustment, ...] = response.adjustments
        back: Message = response.to_message()
        print(calls, changed, back.role is MessageRole.ASSISTANT)
        return response.content


async def talked() -> list[Message]:
    client = await AiClient.create("openai/gpt-4o")
    marked = ContentBlock.cached(ContentBlock.image_url("https://example.com/tree.png"), ttl="1h")
    chat: Conversation = client.conversation("Be brief.", configure=lambda request: request.temperature(0).seed(1))
    response: ChatResponse = await chat.say(["What is on this picture?", marked])
    print(response.content, marked.url, chat.usage.total_tokens)
    async for event in chat.stream(ContentBlock.cached("And who planted it?")):
        print(event.is_stream_end)
    report: PortabilityReport = check_portability(chat.messages, "groq/openai/gpt-oss-20b")
    print(report.is_accepted, [place.message for each in report.findings for place in each.places])
    return messages_from_json(messages_to_json(chat.with_client(client).messages))


async def with_stats() -> tuple[int | None, Decimal | None]:
    client = await AiClient.builder().model("openai/gpt-4o").api_key("k").timeout(3).build()
    response, stats = await client.chat().user("Hello").execute_with_stats()
    given: CallStats = stats
    print(response.finish_reason, given.latency_ms)
    return stats.total_tokens, stats.cost


async def streamed() -> None:
    client = await AiClient.create("openai/gpt-4o")
    stream: ChatStream = client.chat().user("Tell me a story").stream()
    async for event in stream:
        same: StreamingEvent = event
        if event.is_content_delta:
            text: str = event.as_content_delta.text
            print(text, same)
        if isinstance(event, ToolCallEnded):
            print(event.name, event.arguments_json)
        elif isinstance(event, ContentDelta):
            print(event.text)
    async with client.chat().user("Hi").stream().execute_stream() as again:
        print(again.response.content, again.stats.tokens_per_second)
    async for piece in client.chat().user("Hi").stream_text():
        print(piece.upper())


async def tools_and_pictures() -> None:
    client = await AiClient.create("openai/gpt-4o")
    tool = ToolDefinition("weather", "The weather", {"type": "object"})
    builder = client.chat().user(["Look:", ContentBlock.image_base64(b"...", "image/png")])
    preview: RequestPreview = builder.tools([tool]).tool_choice(ToolChoice("required")).preview()
    print(preview.body)
    try:
        await builder.messages([Message.tool("id", "sunny")]).execute()
    except RateLimited as error:
        wait: float | None = error.retry_after
        print(wait)
    except RemoteError as error:
        print(error.status_code, error.error_class)
    except AiLibError as error:
        print(error.retryable)


async def several() -> list[str]:
    client = await AiClient.create("openai/gpt-4.1")
    window: int | None = client.capabilities.context_window
    print(
        window, "n" in client.capabilities.parameters, [each.context_window for each in await client.list_model_info()]
    )
    request = client.chat().user("Hi").n(2).logit_bias({5: -100}).web_search(location={"country": "DE"}).store()
    async for event in request.stream():
        if event.is_alternative:
            print(event.as_alternative.number, event.as_alternative.event)
    response = await request.metadata({"a": "b"}).execute()
    return [response.content, *(other.content for other in response.alternatives)]


def blocking() -> str:
    with BlockingClient.create("openai/gpt-4o", api_key="k") as client:
        for event in client.chat().user("Hi").stream():
            if event.is_content_delta:
                print(event.as_content_delta.text)
        response, stats = client.chat().user("Hi").execute_with_stats()
        print(stats.prompt_tokens)
        return response.content


def weather(city: str) -> str:
    """The weather of a city."""
    return f"rain in {city}"


async def rounds() -> list[Message]:
    client = await AiClient.create("openai/gpt-4o")
    request = client.chat().user("Is it raining in Oslo?").tools([weather, tool(weather, name="again")])
    response = await request.run_tools(max_rounds=3, tool_timeout=10)
    for each in response.rounds:
        print(each.stats.total_tokens, [outcome.value for outcome in each.outcomes])
    async for event in request.stream_tools():
        if event.is_tool_answered:
            print(event.as_tool_answered.outcome.call.name)
    return response.to_messages()


@dataclass
class City:
    name: str
    people: int = 0


async def typed() -> int:
    client = await AiClient.create("openai/gpt-4o")
    response = await client.chat().user("Tell me of Paris").into(City).execute(repairs=1)
    several, stats = await client.chat().user("Tell me of some").into(list[City]).execute_with_stats()
    print(several.parsed[0].name, stats.total_tokens)
    stream = client.chat().user("Tell me of Paris").stream_into(City)
    async for partial in stream:
        print(partial)
    with BlockingClient.create("openai/gpt-4o") as blocking_client:
        same: City = blocking_client.chat().user("Tell me of Paris").into(City).execute().parsed
    return response.parsed.people + stream.response.parsed.people + same.people
