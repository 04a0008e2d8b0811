"""Every bundled provider speaks with the simulator: both halves of its manifest fit each other."""

from __future__ import annotations

import pytest

from ai_lib_python import AiClient, Message
from ai_lib_python._manifest.folders import known_ids
from ai_lib_python._manifest.load import load
from ai_lib_python.simulator import Simulator

LIVE = [id for id in known_ids() if load(id).status.state != "retired"]
TOOL = {
    "name": "weather",
    "description": "Tells the weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}

pytestmark = pytest.mark.parametrize("id", LIVE)


async def client_of(simulator: Simulator, id: str) -> AiClient:
    return await AiClient.create(
        f"{id}/model-1", base_url=simulator.address(id), api_key="key-1", on_unsupported="ignore"
    )


async def test_it_answers_plainly_and_in_a_stream(simulator: Simulator, id: str) -> None:
    async with await client_of(simulator, id) as client:
        request = client.chat().system("Be brief.").user("Hello, world!")
        response = await request.execute()
        stream = request.stream()
        texts = [event.as_content_delta.text async for event in stream if event.is_content_delta]
    assert response.content == "".join(texts) == stream.response.content == "You said: Hello, world!"
    assert response.finish_reason == stream.response.finish_reason == "stop"
    assert response.usage == stream.response.usage
    assert response.usage.completion_tokens == 6
    assert stream.response.unknown_events == 0


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_tool_is_called_and_its_result_goes_back(simulator: Simulator, id: str, streamed: bool) -> None:
    async with await client_of(simulator, id) as client:
        request = client.chat().user("What is it like in Ulm?").tools([TOOL]).reasoning("low")
        if streamed:
            async with request.stream() as stream:
                async for _ in stream:
                    pass
            asked = stream.response
        else:
            asked = await request.execute()
        (call,) = asked.tool_calls
        assert (call.name, call.arguments, asked.finish_reason) == (
            "weather",
            {"city": "example"},
            "tool_calls",
        )
        history = [
            Message.user("What is it like in Ulm?"),
            asked.to_message(),
            Message.tool(call.id, "22 degrees"),
        ]
        told = await client.chat().messages(history).tools([TOOL]).execute()
    assert told.content == "The tool answered: 22 degrees"
