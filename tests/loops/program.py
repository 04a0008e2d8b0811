"""Runs a piece of a program in an interpreter of its own. Whatever it says on standard error is a failure."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import ai_lib_python

START = """
import asyncio, gc, logging, os, sys, threading, time
from ai_lib_python import AiClient
from ai_lib_python.sync import AiClient as SyncClient

logging.getLogger("asyncio").setLevel(logging.ERROR)  # development mode tells of slow steps, such as imports
URL = sys.argv[1]

async def make():
    return await AiClient.create("openai/gpt-4o", api_key="k", base_url=URL)

def make_sync():
    return SyncClient.create("openai/gpt-4o", api_key="k", base_url=URL)

async def ask(client, times=1):
    for _ in range(times):
        assert (await client.chat().user("hi").execute()).content == "hello"

async def read(client, text="hi"):
    return "".join([piece async for piece in client.chat().user(text).stream_text()])

def ask_sync(client, times=1):
    for _ in range(times):
        assert client.chat().user("hi").execute().content == "hello"
"""

DEVELOPMENT = ("-X", "dev", "-W", "error::ResourceWarning")
"""Where a socket that is left open is told, and asyncio watches its users."""

PLAIN = ("-W", "ignore::DeprecationWarning")
"""As most programs run; that a process with threads should not fork is known here."""

PATIENCE = 20


def run(code: str, url: str = "", mode: tuple[str, ...] = DEVELOPMENT) -> str:
    """What the program prints. It must end well, in time, and say nothing on standard error."""
    text = f"{START}{textwrap.dedent(code)}\nprint('done', flush=True)\n"
    source = str(Path(ai_lib_python.__file__).parent.parent)
    command = [sys.executable, *mode, "-c", text, url]
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, env={"PYTHONPATH": source}, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise AssertionError(f"it hangs: {error.stdout!r} {error.stderr!r}") from None
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stderr == "", result.stderr
    assert result.stdout.endswith("done\n"), result.stdout
    return result.stdout
