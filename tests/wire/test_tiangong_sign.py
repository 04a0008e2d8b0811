"""Tiangong's three headers: the app's key, the time, and a digest of both with the app's secret."""

from __future__ import annotations

import time
from hashlib import md5

from ai_lib_python import AiClient
from ai_lib_python.simulator import Simulator

from .conversations import Redirected, options_of, transcript


async def test_the_sign_is_the_md5_of_key_secret_and_time(simulator: Simulator) -> None:
    written, transport = transcript("tiangong"), Redirected(simulator, "tiangong")
    model = f"tiangong/{written['model']}"
    begun = int(time.time())
    async with await AiClient.create(model, transport=transport, **options_of(written)) as client:
        await client.chat().user("Hello").execute()
    (request,) = transport.sent
    stamp = request.headers["timestamp"]
    assert begun <= int(stamp) <= time.time()
    assert request.headers["sign"] == md5(f"app-1secret-1{stamp}".encode()).hexdigest()
    assert "authorization" not in request.headers
    assert "secret-1" not in f"{request.headers}{request.url}{request.body!r}"
