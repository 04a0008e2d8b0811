"""Tests of your own code without a key: a simulator answers over real HTTP what you tell it to. `pytest testing.py`"""

from collections.abc import Iterator

import pytest

from ai_lib_python.errors import RateLimited
from ai_lib_python.simulator import Answer, SimulatedError, Simulator
from ai_lib_python.sync import AiClient


def headline(client: AiClient, text: str) -> str:  # your own code
    return client.chat().system("Write a headline.").user(text).max_tokens(500).execute().content.strip('"')


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture(params=["openai/gpt-5.4-mini", "anthropic/claude-haiku-4-5"])
def client(simulator: Simulator, request: pytest.FixtureRequest) -> Iterator[AiClient]:
    address = simulator.address(request.param.partition("/")[0])
    with AiClient.create(request.param, base_url=address, api_key="any", max_retries=0) as client:
        yield client


def test_a_headline_has_no_quotes(simulator: Simulator, client: AiClient) -> None:
    simulator.script(Answer('"Rain in Oslo"'))
    assert headline(client, "It rains.") == "Rain in Oslo"
    assert simulator.requests[0].body["messages"][-1]["content"] == "It rains."


def test_too_many_requests_are_an_error(simulator: Simulator, client: AiClient) -> None:
    simulator.script(SimulatedError("rate_limited", retry_after=7))
    with pytest.raises(RateLimited, match="simulated"):
        headline(client, "It rains.")
