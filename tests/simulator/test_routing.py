"""Which manifest answers what."""

from __future__ import annotations

import pytest

from ai_lib_python.errors import UnknownModelError
from ai_lib_python.simulator import Simulator
from ai_lib_python.simulator.routing import Arrived, Router

from .wire import KEYS, get, post


def found(path: str, method: str = "POST", headers: dict[str, str] | None = None, **query: str) -> str | None:
    match = Router().find(Arrived(method, path, query, headers or {}))
    return match.manifest.id if match else None


@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        ("/v1/chat/completions", "openai-chat"),
        ("/chat/completions", "openai-chat"),
        ("/openai/v1/chat/completions", "openai"),
        ("/openai/deployments/x/chat/completions", "openai"),
        ("/api/v3/chat/completions/", "openai-chat"),
        ("/v1/messages", "anthropic-messages"),
        ("/anthropic/v1/messages", "anthropic"),
        ("/claude/v1/messages", "anthropic"),
        ("/v2/chat", "cohere-v2"),
        ("/v1beta/models/gemini-x:generateContent", "gemini-generate"),
        ("/v1beta/models/gemini-x:streamGenerateContent", "gemini-generate"),
        ("/v1/projects/p/locations/l/publishers/g/models/m:generateContent", "gemini-generate"),
        ("/model/us.amazon.nova-2-lite-v1:0/converse", "bedrock-converse"),
        ("/bedrock/model/us.amazon.nova-2-lite-v1:0/converse-stream", "bedrock"),
        ("/openai-chat/v1/messages", None),
        ("/v1/embeddings", None),
        ("/", None),
    ],
)
def test_a_path_belongs_to(path: str, dialect: str | None) -> None:
    assert found(path) == dialect


def test_the_model_in_a_path_may_have_slashes() -> None:
    match = Router().find(Arrived("POST", "/v1beta/models/family/model-1:generateContent", {}, {}))
    assert match is not None
    assert match.path == {"model": "family/model-1"}


def test_a_query_may_choose_the_framing() -> None:
    path = "/v1beta/models/m:streamGenerateContent"
    framings = [Router().find(Arrived("POST", path, query, {})) for query in ({}, {"alt": "sse"})]
    assert [match.framing for match in framings if match] == ["json_array", "sse"]


@pytest.mark.parametrize(
    ("path", "headers", "dialect"),
    [
        ("/v1/models", {"authorization": "Bearer k"}, "openai-chat"),
        ("/v1/models", {"x-api-key": "k"}, "anthropic-messages"),
        (
            "/v1/models",
            {"authorization": "Bearer k", "anthropic-version": "2023-06-01"},
            "anthropic-messages",
        ),
        ("/v1beta/models", {"x-goog-api-key": "k"}, "gemini-generate"),
        ("/cohere/v1/models", {"authorization": "Bearer k"}, "cohere"),
    ],
)
def test_the_list_of_models_goes_by_the_headers(path: str, headers: dict[str, str], dialect: str) -> None:
    assert found(path, "GET", headers) == dialect


def test_models_are_listed(simulator: Simulator) -> None:
    listed = get(simulator.address("openai") + "/v1/models").json
    assert listed == {
        "object": "list",
        "data": [{"id": "simulator", "object": "model", "owned_by": "simulator"}],
    }


def test_the_listed_models_can_be_named() -> None:
    with Simulator(models=["small", "large"]) as simulator:
        listed = get(simulator.address("gemini") + "/models").json
    assert [model["name"] for model in listed["models"]] == ["models/small", "models/large"]


def test_another_path_is_told_what_there_is(simulator: Simulator) -> None:
    seen = post(simulator.url + "/v1/embeddings", {})
    assert seen.status == 404
    assert "nothing at POST /v1/embeddings" in seen.json["error"]["message"]
    assert "POST /chat/completions (openai-chat)" in seen.json["routes"]
    assert simulator.requests[0].manifest_id is None


def test_another_method_finds_nothing(simulator: Simulator) -> None:
    assert get(simulator.url + "/v1/chat/completions").status == 404


def test_an_address_is_given_to_providers_dialects_and_aliases(simulator: Simulator) -> None:
    for id in ("openai", "openai-chat", "google"):
        assert simulator.address(id) == f"{simulator.url}/{id}"


def test_no_address_for_a_stranger_but_advice(simulator: Simulator) -> None:
    with pytest.raises(UnknownModelError) as caught:
        simulator.address("opnai-chat")
    assert str(caught.value) == (
        'The simulator speaks no "opnai-chat". Did you mean "openai-chat"? '
        f"It speaks: {', '.join(Router().dialects())}."
    )


def test_a_request_without_a_key_is_refused_in_the_words_of_its_wire(simulator: Simulator) -> None:
    seen = post(simulator.url + "/v1/messages", {}, {})
    assert seen.status == 401
    assert seen.json == {
        "type": "error",
        "error": {"type": "authentication_error", "message": "there is no API key in the request"},
        "request_id": "sim-1",
    }
    assert post(simulator.url + "/v1beta/models/m:generateContent", {}, {}).json["error"]["status"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(("id", "path"), [("ollama", "/api/chat"), ("vllm", "/v1/chat/completions")])
def test_a_provider_that_needs_no_key_gets_none(simulator: Simulator, id: str, path: str) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    assert post(simulator.address(id) + path, body, {}).status == 200


def test_the_keys_of_these_tests_fit_every_dialect(simulator: Simulator) -> None:
    router = Router()
    for id in router.dialects():
        path = router.manifest(id).data["serve"]["models"]["path"]
        assert get(simulator.address(id) + path, KEYS).status == 200
