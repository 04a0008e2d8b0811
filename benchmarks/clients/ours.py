"""This library, as its README uses it."""

from ai_lib_python import AiClient
from workload import API_KEY, MODEL, PROMPT


class Client:
    """One AiClient for all calls."""

    def __init__(self, client: AiClient) -> None:
        self.client = client

    @classmethod
    async def create(cls, base_url: str) -> "Client":
        """A client of the OpenAI manifest, sent to the fake server."""
        return cls(await AiClient.create(f"openai/{MODEL}", api_key=API_KEY, base_url=base_url))

    async def call(self) -> int:
        """A chat call."""
        response = await self.client.chat().user(PROMPT).execute()
        return len(response.content)

    async def stream(self) -> int:
        """A streamed chat call."""
        characters = 0
        async for event in self.client.chat().user(PROMPT).stream():
            if event.is_content_delta:
                characters += len(event.as_content_delta.text)
        return characters

    async def close(self) -> None:
        """Close the pool."""
        await self.client.aclose()
