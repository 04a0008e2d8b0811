"""What every provider is asked in the wire tests, and how a written transcript is read.

A folder here is a provider's; its ``transcript.yaml`` says what must go over the wire, in full, for each of
``SCENARIOS``. It is written from the provider's documentation, not from what the library sends.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import yaml

from ai_lib_python import AiClient, ChatResponse, Message
from ai_lib_python._wire.aiohttp_transport import AiohttpTransport
from ai_lib_python._wire.http import HttpRequest, HttpResponse
from ai_lib_python.chat import ChatRequestBuilder
from ai_lib_python.simulator import Simulator

FOLDER = Path(__file__).parent
KEY = "key-1"

WEATHER = {
    "name": "weather",
    "description": "Tells the weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
WHERE = "What is it like in Ulm?"
RESULT = "22 degrees"


async def basic(client: AiClient) -> ChatResponse:
    return await client.chat().user("Hello").execute()


async def conversation(client: AiClient) -> ChatResponse:
    return await talk(client.chat().system("You are a tutor.")).execute()


async def conversation_without_system(client: AiClient) -> ChatResponse:
    return await talk(client.chat()).execute()


def talk(chat: ChatRequestBuilder) -> ChatRequestBuilder:
    return chat.user("What is recursion?").assistant("A function that calls itself.").user("Show me one.")


async def parameters(client: AiClient) -> ChatResponse:
    chat = client.chat().user("Hello").temperature(0.5).top_p(0.9).top_k(20).max_tokens(200).stop(["END"]).seed(7)
    return await chat.presence_penalty(0.5).frequency_penalty(0.5).user_id("user-1").execute()


async def stream(client: AiClient) -> ChatResponse:
    async with client.chat().user("Hello").stream() as stream:
        async for _ in stream:
            pass
    assert stream.stats.total_tokens == stream.response.usage.total_tokens
    return stream.response


async def tools(client: AiClient) -> ChatResponse:
    return await client.chat().user(WHERE).tools([WEATHER]).execute()


async def result(client: AiClient) -> ChatResponse:
    """The second turn of ``tools``: the simulator's call goes back with its result."""
    asked = await tools(client)
    history = [Message.user(WHERE), asked.to_message(), Message.tool(asked.tool_calls[0].id, RESULT)]
    return await client.chat().messages(history).tools([WEATHER]).execute()


SCENARIOS: dict[str, Callable[[AiClient], Awaitable[ChatResponse]]] = {
    "basic": basic,
    "conversation": conversation,
    "parameters": parameters,
    "stream": stream,
    "tools": tools,
    "result": result,
}
SCENARIOS_WITHOUT_SYSTEM = {**SCENARIOS, "conversation": conversation_without_system}
"""Where the wire has no word for system prompts."""

SAYS = {
    "basic": "You said: Hello",
    "conversation": "You said: Show me one.",
    "parameters": "You said: Hello",
    "stream": "You said: Hello",
    "tools": "",
    "result": f"The tool answered: {RESULT}",
}
"""What the simulator answers."""

WITH_TOOLS = ("tools", "result")


def transcripts() -> list[str]:
    """The ids of the providers that have a folder here."""
    return sorted(path.parent.name for path in FOLDER.glob("*/transcript.yaml"))


def transcript(id: str) -> dict[str, Any]:
    with (FOLDER / id / "transcript.yaml").open(encoding="utf-8") as text:
        written: dict[str, Any] = yaml.safe_load(text)
    return written


def options_of(written: dict[str, Any]) -> dict[str, Any]:
    """What a client is given for a transcript: a key or the parts of a credential, and what its address is made of."""
    return {
        "api_key": None if "credentials" in written else written.get("key", KEY),
        "credentials": written.get("credentials"),
        "variables": written.get("variables"),
        "base_url": written.get("base_url"),
    }


class Redirected:
    """A transport that sends to the simulator what would go to the provider, and keeps what would have gone."""

    def __init__(self, simulator: Simulator, id: str) -> None:
        self.sent: list[HttpRequest] = []
        self._address = simulator.address(id)
        self._transport = AiohttpTransport()

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.sent.append(request)
        scheme, _, rest = request.url.partition("://")
        host, _, behind_host = rest.partition("/")
        headers = {**request.headers, "host": host, "x-forwarded-proto": scheme}
        there = HttpRequest(request.method, f"{self._address}/{behind_host}", headers, request.body, request.connect)
        return await self._transport.send(there)

    async def aclose(self) -> None:
        await self._transport.aclose()
