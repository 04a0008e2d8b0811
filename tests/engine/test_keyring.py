"""Keys that are kept in the keyring of the system: who gets them, and what happens where it fails."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keyring
import keyring.errors
import pytest
from keyring.backend import KeyringBackend

from ai_lib_python import AiClient, AiLibError
from ai_lib_python._engine import keyring_keys
from ai_lib_python._manifest.load import load, load_file
from ai_lib_python.errors import ConfigurationError, MissingKeyError

from .scripted import KEY, Answer, Script
from .test_keys import manifest, texts_of
from .transcripts import PLAIN

OPENAI = ("ai-lib-python", "openai")


class Memory(KeyringBackend):
    """A keyring that is there for one test. ``failure`` is raised by whatever is asked."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}
        self.asked = 0
        self.failure: BaseException | None = None

    def get_password(self, service: str, username: str) -> str | None:
        self._fail()
        self.asked += 1
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._fail()
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._fail()
        del self.entries[service, username]

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def ring() -> Iterator[Memory]:
    before = keyring.get_keyring()
    memory = Memory()
    keyring.set_keyring(memory)
    yield memory
    keyring.set_keyring(before)


async def sent(model: str = "openai/gpt-4o", **options: Any) -> dict[str, str]:
    """The headers that go out."""
    script = Script(Answer(PLAIN["openai-chat"]))
    asked = await AiClient.create(model, transport=script, on_unsupported="ignore", **options)
    await asked.chat().user("hi").execute()
    return dict(script.requests[0].headers)


# Which


async def test_a_key_that_is_kept_is_used_where_none_is_given(ring: Memory) -> None:
    keyring_keys.keep(load("openai"), KEY)
    assert ring.entries == {OPENAI: KEY}
    assert (await sent())["authorization"] == f"Bearer {KEY}"


async def test_the_argument_comes_first_then_the_environment_then_the_keyring(
    ring: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring.entries[OPENAI] = "kept"
    assert (await sent())["authorization"] == "Bearer kept"
    monkeypatch.setenv("OPENAI_API_KEY", "set")
    ring.asked = 0
    assert (await sent())["authorization"] == "Bearer set"
    assert (await sent(api_key="given"))["authorization"] == "Bearer given"
    assert ring.asked == 0


async def test_the_keyring_is_asked_once_for_all_calls_of_a_client(ring: Memory) -> None:
    ring.entries[OPENAI] = KEY
    script = Script(Answer(PLAIN["openai-chat"]))
    asked = await AiClient.create("openai/gpt-4o", transport=script)
    assert ring.asked == 0
    for _ in range(3):
        await asked.chat().user("hi").execute()
    assert (ring.asked, len(script.requests)) == (1, 3)


async def test_a_key_that_is_kept_later_is_found_and_so_is_one_that_is_set_later(
    ring: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script(Answer(PLAIN["openai-chat"]))
    clients = [await AiClient.create("openai/gpt-4o", transport=script) for _ in range(2)]
    for asked in clients:
        with pytest.raises(MissingKeyError):
            await asked.chat().user("hi").execute()
    ring.entries[OPENAI] = "kept"
    await clients[0].chat().user("hi").execute()
    monkeypatch.setenv("OPENAI_API_KEY", "set")
    await clients[1].chat().user("hi").execute()
    assert [request.headers["authorization"] for request in script.requests] == ["Bearer kept", "Bearer set"]


async def test_a_provider_that_needs_no_key_does_not_open_the_keyring(ring: Memory) -> None:
    ring.failure = AssertionError("asked")
    assert "authorization" not in await sent("ollama/llama3")


async def test_a_key_goes_as_the_manifest_wants_it(ring: Memory) -> None:
    ring.entries["ai-lib-python", "anthropic"] = KEY
    script = Script(Answer(PLAIN["anthropic-messages"]))
    asked = await AiClient.create("anthropic/claude-haiku-4-5", transport=script, on_unsupported="ignore")
    await asked.chat().user("hi").execute()
    assert script.requests[0].headers["x-api-key"] == KEY


async def test_a_missing_key_says_how_to_keep_one(ring: Memory) -> None:
    with pytest.raises(MissingKeyError, match=r"OPENAI_API_KEY.*`ai-lib keys set openai`"):
        await sent()


# Where


@pytest.mark.parametrize(
    "url", ["https://proxy.example/v1", "http://api.openai.com/v1", "https://api.openai.com.evil.example"]
)
async def test_a_kept_key_goes_to_no_other_host(ring: Memory, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ring.entries[OPENAI] = KEY
    with pytest.raises(MissingKeyError):
        await sent(base_url=url)
    monkeypatch.setenv("OPENAI_BASE_URL", url)  # as a folder of somebody else's may set it
    with pytest.raises(MissingKeyError):
        await sent()
    assert ring.asked == 0


async def test_a_kept_key_goes_to_the_providers_other_hosts(ring: Memory) -> None:
    ring.entries[OPENAI] = KEY
    assert (await sent(base_url="https://eu.api.openai.com/v1"))["authorization"] == f"Bearer {KEY}"


EVIL = {"base_url": "https://evil.example/v1"}


@pytest.mark.parametrize("id", ["openai", "mine"])
async def test_a_manifest_of_ones_own_does_not_get_the_key_of_a_bundled_provider(ring: Memory, id: str) -> None:
    ring.entries[OPENAI] = ring.entries["ai-lib-python", "mine"] = KEY
    with pytest.raises(MissingKeyError):
        await sent("m", manifest=manifest(id=id, endpoint=EVIL))


async def test_a_file_that_takes_the_place_of_a_bundled_manifest_does_not_get_its_key(
    ring: Memory, tmp_path: Path
) -> None:
    ring.entries[OPENAI] = KEY
    own = "id: openai\nextends: openai-chat\nendpoint: {base_url: https://evil.example/v1}\n"
    (tmp_path / "openai.yaml").write_text(f"{own}auth: {{scheme: bearer, env: [X_KEY]}}\n")
    with pytest.raises(MissingKeyError):
        await sent(manifest_dir=tmp_path)


async def test_a_dialect_that_takes_the_place_of_a_bundled_one_does_not_get_the_key(
    ring: Memory, tmp_path: Path
) -> None:
    ring.entries[OPENAI] = KEY
    (tmp_path / "openai-chat.yaml").write_text("id: openai-chat\nkind: dialect\nextends: openai-chat\n")
    with pytest.raises(MissingKeyError):
        await sent(manifest_dir=tmp_path)


async def test_a_manifest_of_ones_own_gets_the_key_that_was_kept_for_it(ring: Memory) -> None:
    keyring_keys.keep(load_file(manifest()), KEY)
    assert (await sent("m", manifest=manifest()))["authorization"] == f"Bearer {KEY}"


CHANGED: dict[str, dict[str, Any]] = {
    "another host": {"endpoint": EVIL},
    "one host more": {"endpoint": {"base_url": "https://api.mine.example/v1", "hosts": ["evil.example"]}},
    "a list elsewhere": {"list_models": {"path": "/models", "base_url": "https://evil.example"}},
}


@pytest.mark.parametrize("more", CHANGED.values(), ids=CHANGED)
async def test_a_manifest_that_sends_elsewhere_than_before_has_lost_its_key(ring: Memory, more: dict[str, Any]) -> None:
    keyring_keys.keep(load_file(manifest()), KEY)
    with pytest.raises(MissingKeyError):
        await sent("m", manifest=manifest(**more))


async def test_a_placeholder_that_is_filled_otherwise_than_before_has_lost_the_key(ring: Memory) -> None:
    def made(default: str) -> dict[str, Any]:
        endpoint = {"base_url": "https://{site}.example/v1", "variables": {"site": {"default": default}}}
        return manifest(endpoint=endpoint)

    keyring_keys.keep(load_file(made("api.mine")), KEY)
    with pytest.raises(MissingKeyError):
        await sent("m", manifest=made("evil"))


# Failing

FAILURES: dict[str, tuple[BaseException, str]] = {
    "locked": (keyring.errors.KeyringLocked("no"), "it is locked"),
    "not begun": (keyring.errors.InitError("no D-Bus"), "no D-Bus"),
    "of the system": (OSError("the bus is gone"), "the bus is gone"),
    "of its own": (RuntimeError("odd"), "odd"),
}


@pytest.mark.parametrize(("failure", "words"), FAILURES.values(), ids=FAILURES)
async def test_a_keyring_that_fails_is_told_beside_what_else_can_be_done(
    ring: Memory, failure: BaseException, words: str
) -> None:
    ring.failure = failure
    with pytest.raises(MissingKeyError, match=rf"^the keyring cannot be read: .*{words}.*OPENAI_API_KEY") as caught:
        await sent()
    assert caught.value.provider == "openai"


async def test_no_keyring_at_all_is_an_empty_one(ring: Memory) -> None:
    ring.failure = keyring.errors.NoKeyringError("none")
    with pytest.raises(MissingKeyError, match=r"^no API key for OpenAI"):
        await sent()
    with pytest.raises(ConfigurationError, match="this system has none"):
        keyring_keys.keep(load("openai"), KEY)


@pytest.mark.parametrize("act", [keyring_keys.kept, keyring_keys.forget, lambda found: keyring_keys.keep(found, KEY)])
def test_an_error_of_the_keyring_shows_no_key(ring: Memory, act: Callable[[Any], Any]) -> None:
    ring.failure = keyring.errors.PasswordSetError(f"could not store {KEY}")
    with pytest.raises(AiLibError) as caught:
        act(load("openai"))
    if act is not keyring_keys.kept:  # reading, nothing has the key yet
        assert all(KEY not in text for text in texts_of(caught.value))


async def test_without_the_extra_all_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring_keys, "find_spec", lambda name: None)
    monkeypatch.setattr("ai_lib_python._engine.keys.is_installed", keyring_keys.is_installed)
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(MissingKeyError, match="OPENAI_API_KEY"):
        await sent()
    with pytest.raises(ConfigurationError, match=r"pip install 'ai-lib-python\[keyring\]'"):
        keyring_keys.keep(load("openai"), KEY)


async def test_a_cloud_with_both_a_key_and_a_log_in_takes_the_kept_key(ring: Memory) -> None:
    found = load("bedrock")
    keyring_keys.keep(found, KEY)
    script = Script(Answer({"output": {"message": {"content": [{"text": "hi"}]}}, "stopReason": "end_turn"}))
    asked = await AiClient.create(
        "bedrock/m", transport=script, variables={"region": "eu-west-1"}, on_unsupported="ignore", api=found.api
    )
    await asked.chat().user("hi").execute()
    assert script.requests[0].headers["authorization"] == f"Bearer {KEY}"
