"""litellm, as its README uses it: acompletion with default settings.

Its price map is read from the package (LITELLM_LOCAL_MODEL_COST_MAP, set by run.py), because the
benchmark sends nothing beyond 127.0.0.1; downloading it would only make the import slower.
"""

import litellm

from workload import API_KEY, MODEL, PROMPT

MESSAGES = [{"role": "user", "content": PROMPT}]


class Client:
    """litellm keeps its connections in the module; there is nothing to hold but the address."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    @classmethod
    async def create(cls, base_url: str) -> "Client":
        """Remember the address."""
        litellm.telemetry = False
        return cls(base_url)

    async def call(self) -> int:
        """A chat call."""
        response = await litellm.acompletion(
            model=f"openai/{MODEL}", messages=MESSAGES, api_key=API_KEY, base_url=self.base_url
        )
        return len(response.choices[0].message.content)

    async def stream(self) -> int:
        """A streamed chat call."""
        chunks = await litellm.acompletion(
            model=f"openai/{MODEL}",
            messages=MESSAGES,
            api_key=API_KEY,
            base_url=self.base_url,
            stream=True,
            stream_options={"include_usage": True},
        )
        characters = 0
        async for chunk in chunks:
            if chunk.choices:
                characters += len(chunk.choices[0].delta.content or "")
        return characters

    async def close(self) -> None:
        """Nothing to close: the connections end with the process."""
