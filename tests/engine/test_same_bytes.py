"""The same request is the same bytes: in another process, in another order of its parameters, and the second time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import ai_lib_python

from .scripted import MODELS

PROGRAM = """
import asyncio, sys
from ai_lib_python import AiClient, Message, ToolCall

SCHEMA = {"type": "object", "properties": {"b": {"type": "string"}, "a": {"enum": ["x", "y"]}}, "required": ["b"]}

class Keeping:
    async def send(self, request):
        print(request.method, request.url, sorted(request.headers.items()), request.body)
        raise SystemExit
    async def aclose(self):
        pass

async def main():
    client = await AiClient.create(sys.argv[1], api_key="k", transport=Keeping(), on_unsupported="ignore")
    history = [
        Message.user("hi"),
        Message.assistant("so", tool_calls=[ToolCall("call_1", "f", '{"b": "x"}')]),
        Message.tool("call_1", "done"),
    ]
    tools = [{"type": "function", "function": {"name": "f", "description": "does", "parameters": SCHEMA}}]
    request = client.chat().system("Be brief.").messages(history).tools(tools).metadata({"b": "1", "a": "2"})
    await request.temperature(0.5).max_tokens(9).seed(3).stop(["b", "a"]).execute()

asyncio.run(main())
"""


def sent(model: str, seed: str) -> str:
    source = str(Path(ai_lib_python.__file__).parent.parent)
    command = [sys.executable, "-c", PROGRAM, model]
    env = {"PYTHONPATH": source, "PYTHONHASHSEED": seed}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=env, check=True).stdout


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
def test_every_process_sends_the_same_bytes(model: str) -> None:
    first, second = sent(model, "1"), sent(model, "2")
    assert first == second
    assert "Be brief." in first
