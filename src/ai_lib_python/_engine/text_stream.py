"""Only the text of a streamed answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from types import TracebackType

from .stream import ChatStream


class TextStream:
    """The pieces of text of one streamed answer, while they come.

    An async iterator, and an async context manager that leaves nothing open behind. Leaving a loop over it closes the
    connection, whether it is kept in a variable or not.
    """

    def __init__(self, stream: ChatStream) -> None:
        self._stream = stream
        self._steps: AsyncGenerator[str, None] | None = None

    def __aiter__(self) -> AsyncGenerator[str, None]:
        return self._pieces() if self._steps is None else self._steps

    async def __anext__(self) -> str:
        if self._steps is None:
            self._steps = self._pieces()
        return await self._steps.__anext__()

    async def _pieces(self) -> AsyncGenerator[str, None]:
        async with self._stream as stream:
            async for text in stream.text():
                yield text

    async def __aenter__(self) -> TextStream:
        await self._stream.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Ends the stream; where it was not read to its end the provider sees a disconnect."""
        await self._stream.aclose()
        if self._steps is not None:
            await self._steps.aclose()
