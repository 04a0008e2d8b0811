"""Three providers behind one transport: each host gives its own answers, and what was asked of which is kept."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

from ai_lib_python._wire.http import HttpRequest

from .bodies import chat_body
from .scripted import Answer, sse

OPENAI, ANTHROPIC, MISTRAL = "api.openai.com", "api.anthropic.com", "api.mistral.ai"
FIRST, SECOND, THIRD = "openai/gpt-4o", "anthropic/claude-haiku-4-5", "mistral/mistral-small-latest"

FINE = chat_body("gpt-4o", {"prompt_tokens": 100, "completion_tokens": 10})
CLAUDE = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "model": "claude-haiku-4-5",
    "content": [{"type": "text", "text": "From Claude"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 5, "output_tokens": 3},
}
MISTRALS = {**FINE, "choices": [{"index": 0, "message": {"role": "assistant", "content": "From Mistral"}}]}


def chunk(text: str | None = None, reason: str | None = None) -> dict[str, Any]:
    delta = {} if text is None else {"content": text}
    return {"id": "c", "model": "gpt-4o", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


CLAUDES = sse(
    {"type": "message_start", "message": {"id": "m", "model": "claude-haiku-4-5", "usage": {"input_tokens": 5}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "From "}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Claude"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}},
    {"type": "message_stop"},
    names=True,
)
STREAMED = [sse(chunk("Hel")), sse(chunk("lo")), sse(chunk(reason="stop")), b"data: [DONE]\n\n"]


class Slow:
    """An answer that takes its time, in seconds."""

    def __init__(self, answer: Any, seconds: float) -> None:
        self.answer = answer
        self.seconds = seconds


class Hosts:
    """Answers by host, in order; the last one again and again.

    Attributes:
        requests: what was sent, in order.
        given_up: the hosts of those whose answer was cancelled before it came.
    """

    def __init__(self, **answers: Any) -> None:
        self._answers = {host: list(given) if isinstance(given, tuple) else [given] for host, given in answers.items()}
        self.requests: list[HttpRequest] = []
        self.given_up: list[str] = []
        self.closed = 0

    @property
    def asked(self) -> list[str]:
        return [urlsplit(request.url).hostname or "" for request in self.requests]

    async def send(self, request: HttpRequest) -> Answer:
        self.requests.append(request)
        host = urlsplit(request.url).hostname or ""
        answer = self.answer_to(request, host)
        if isinstance(answer, Slow):
            try:
                await asyncio.sleep(answer.seconds)
            except asyncio.CancelledError:
                self.given_up.append(host)
                raise
            answer = answer.answer
        if isinstance(answer, BaseException):
            raise answer
        return answer if isinstance(answer, Answer) else Answer(answer)

    def answer_to(self, request: HttpRequest, host: str) -> Any:
        """The next answer of a host: a body, an answer, an error, or one of them that is slow."""
        left = self._answers[host]
        return left.pop(0) if len(left) > 1 else left[0]

    async def aclose(self) -> None:
        self.closed += 1
