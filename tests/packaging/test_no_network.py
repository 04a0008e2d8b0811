"""Who imports the library, or makes a client, sends nothing to anyone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import ai_lib_python
from ai_lib_python.cli import main

BLOCKED = """
import socket, sys

def refused(*args, **kwargs):
    raise SystemExit(f"the network was asked: {args[1:]}")

for name in ("connect", "connect_ex", "sendto", "bind"):
    setattr(socket.socket, name, refused)
for name in ("getaddrinfo", "gethostbyname", "create_connection", "create_server"):
    setattr(socket, name, refused)

def watch(event, args):
    if event.startswith("socket.") and event not in ("socket.__new__", "socket.gethostname"):
        raise SystemExit(f"the network was asked: {event} {args[1:]}")
    if event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"):
        raise SystemExit(f"a program was started: {args}")

sys.addaudithook(watch)
"""

STEPS = {
    "import": "import ai_lib_python",
    "every module": """
import importlib, pkgutil, ai_lib_python
for found in pkgutil.walk_packages(ai_lib_python.__path__, "ai_lib_python."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
""",
    "create": """
import asyncio
from ai_lib_python import AiClient

async def main():
    placed = {"variables": {"region": "eu-west-1"}}
    for model, more in (("openai/gpt-4o", {}), ("bedrock/m", placed), ("ollama/llama3", {})):
        client = await AiClient.create(model, api_key="k", **more)
        request = client.chat().system("s").user("hi").temperature(0.5)
        request.build(), request.preview(), client.capabilities, client.usage, client.conversation("s")
        await client.aclose()

asyncio.run(main())
""",
    "create without a key": """
import asyncio
from ai_lib_python import AiClient
asyncio.run(AiClient.create("openai/gpt-4o"))
""",
    "create, blocking": """
from ai_lib_python.sync import AiClient
with AiClient.create("openai/gpt-4o", api_key="k") as client:
    client.chat().user("hi").preview()
""",
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_no_network_is_asked(step: str) -> None:
    # An event loop wakes itself by a pair of sockets, which it makes without an address.
    made = "import asyncio, socket\nasyncio.new_event_loop().close()\n"
    environment = {"PYTHONPATH": str(Path(ai_lib_python.__file__).parent.parent)}
    command = [sys.executable, "-W", "error::ResourceWarning", "-c", f"{made}{BLOCKED}{step}\nprint('done')"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert (ran.returncode, ran.stdout) == (0, "done\n"), ran.stderr


@pytest.mark.parametrize("command", [["providers"], ["providers", "show", "openai"], ["manifest", "show", "openai"]])
def test_commands_that_only_tell_ask_no_network(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refused(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    assert main(command) == 0


def test_a_call_goes_to_its_provider_and_to_nobody_else() -> None:
    """The only addresses that are looked up and connected to are the one that was asked for."""
    step = """
import asyncio, sys
from ai_lib_python import AiClient

asked = []
sys.addaudithook(lambda event, args: asked.append((event, args[-1] if event == "socket.connect" else args[0]))
                 if event in ("socket.connect", "socket.getaddrinfo") else None)

async def answer(reader, writer):
    head = await reader.readuntil(b"\\r\\n\\r\\n")
    body = b'{"choices": [{"message": {"content": "hello"}, "finish_reason": "stop"}]}'
    head = b"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: %d\\r\\n\\r\\n" % len(body)
    writer.write(head + body)
    await writer.drain()
    writer.close()

async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    asked.clear()
    async with await AiClient.create("openai/gpt-4o", api_key="k", base_url=f"http://127.0.0.1:{port}/v1") as client:
        response, stats = await client.chat().user("hi").execute_with_stats()
        stats.cost, client.usage
    server.close()
    known = (("socket.connect", ("127.0.0.1", port)), ("socket.getaddrinfo", "127.0.0.1"))
    others = [each for each in asked if each not in known]
    print(response.content, others)

asyncio.run(main())
"""
    environment = {"PYTHONPATH": str(Path(ai_lib_python.__file__).parent.parent)}
    ran = subprocess.run([sys.executable, "-c", step], capture_output=True, text=True, timeout=60, env=environment)
    assert ran.stdout == "hello []\n", ran.stderr
