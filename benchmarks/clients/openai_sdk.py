"""The openai SDK, as its README uses it: AsyncOpenAI with its default HTTP client."""

from openai import AsyncOpenAI

from workload import API_KEY, MODEL, PROMPT


class Client:
    """One AsyncOpenAI for all calls."""

    def __init__(self, client: AsyncOpenAI) -> None:
        self.client = client

    @classmethod
    async def create(cls, base_url: str) -> "Client":
        """A client with default settings."""
        return cls(AsyncOpenAI(api_key=API_KEY, base_url=base_url))

    async def call(self) -> int:
        """A chat call."""
        response = await self.client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": PROMPT}]
        )
        return len(response.choices[0].message.content or "")

    async def stream(self) -> int:
        """A streamed chat call."""
        chunks = await self.client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": PROMPT}],
            stream=True,
            stream_options={"include_usage": True},
        )
        characters = 0
        async for chunk in chunks:
            if chunk.choices:
                characters += len(chunk.choices[0].delta.content or "")
        return characters

    async def close(self) -> None:
        """Close the pool."""
        await self.client.close()
