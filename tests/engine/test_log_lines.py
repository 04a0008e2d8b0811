"""What the library and what it stands on say in logs: never a key."""

from __future__ import annotations

import asyncio
import logging

import pytest

from ai_lib_python import AiLibError

from .loopback import END, PLAIN, Exchange, Loopback, frame, whole
from .scripted import KEY


async def test_no_key_is_in_any_log_line_at_any_level(caplog: pytest.LogCaptureFixture) -> None:
    async def answering(exchange: Exchange) -> None:
        if b"fail" in exchange.body:
            await exchange.send(whole(f'{{"error": {{"message": "the key {KEY} is wrong"}}}}'.encode(), "401 Nope"))
        elif b'"stream":true' in exchange.body:
            await exchange.stream(frame("one"), END)
        elif b"hang up" in exchange.body:
            exchange.hang_up()
        else:
            await exchange.send(whole(PLAIN))

    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    async with Loopback(answering) as server, await server.client() as client:
        await client.chat().user("hi").execute()
        assert [text async for text in client.chat().user("hi").stream_text()] == ["one"]
        for text in ("fail", "hang up"):
            with pytest.raises(AiLibError) as caught:
                await client.chat().user(text).execute()
            logging.getLogger("a user's own").error("it failed", exc_info=caught.value)
    assert "it failed" in caplog.text
    assert KEY not in caplog.text
