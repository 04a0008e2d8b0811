"""aiohttp and orjson by hand: what an engineer writes for this one endpoint when only speed counts.

No retries, no typed result, no errors beyond the status: the floor that a library is compared with.
The stream is read in whatever pieces arrive and split by hand, which is faster than reading lines;
the URL and the headers are made once and cookies are off.
"""

import aiohttp
import orjson
from yarl import URL

from workload import API_KEY, MODEL, PROMPT

MESSAGES = [{"role": "user", "content": PROMPT}]


class Client:
    """One ClientSession for all calls."""

    def __init__(self, session: aiohttp.ClientSession, url: URL) -> None:
        self.session = session
        self.url = url

    @classmethod
    async def create(cls, base_url: str) -> "Client":
        """A session with aiohttp's own pool of 100 connections."""
        headers = {"authorization": f"Bearer {API_KEY}", "content-type": "application/json"}
        session = aiohttp.ClientSession(headers=headers, cookie_jar=aiohttp.DummyCookieJar())
        return cls(session, URL(f"{base_url}/chat/completions"))

    async def call(self) -> int:
        """A chat call."""
        body = orjson.dumps({"model": MODEL, "messages": MESSAGES})
        async with self.session.post(self.url, data=body) as response:
            response.raise_for_status()
            answer = orjson.loads(await response.read())
        return len(answer["choices"][0]["message"]["content"])

    async def stream(self) -> int:
        """A streamed chat call; an event may be cut anywhere, so the last piece waits for its rest."""
        request = {
            "model": MODEL,
            "messages": MESSAGES,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        characters, rest = 0, b""
        async with self.session.post(self.url, data=orjson.dumps(request)) as response:
            response.raise_for_status()
            async for piece in response.content.iter_any():
                *events, rest = (rest + piece).split(b"\n\n")
                for event in events:
                    characters += delta_length(event)
        return characters

    async def close(self) -> None:
        """Close the pool."""
        await self.session.close()


def delta_length(event: bytes) -> int:
    """The length of the text that one `data: {...}` event carries."""
    if event == b"data: [DONE]":
        return 0
    choices = orjson.loads(event[6:])["choices"]
    if not choices:
        return 0
    text = choices[0]["delta"].get("content")
    return len(text) if text else 0
