"""Credentials that are more than a key: signed requests, and tokens that a cloud's own library finds and renews."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import sys
import traceback
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ai_lib_python import AiClient, AiLibError
from ai_lib_python._manifest.load import load
from ai_lib_python.errors import (
    AuthenticationError,
    ConfigurationError,
    DeadlineExceeded,
    ExpiredCredentialsError,
    MissingKeyError,
    PermissionDeniedError,
)

from .scripted import Answer, Script
from .transcripts import PLAIN

BEDROCK = "bedrock/amazon.nova-2-lite-v1:0"
ACCESS = "AKIDEXAMPLE123456789"
SECRET = "planted-secret-access-key-0123456789"
SESSION = "planted-session-token-0123456789abcdef"
BEARER = "planted-bedrock-key-0123456789abcdef"
TOKEN = "planted-access-token-0123456789abcdef"
ANSWER: Any = {
    "output": {"message": {"role": "assistant", "content": [{"text": "hello"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
}
PARTS = {"access_key_id": ACCESS, "secret_access_key": SECRET}


@pytest.fixture(autouse=True)
def no_credentials_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither variables nor files nor metadata servers give a credential unless the test says so."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "GOOGLE_", "CLOUDSDK_", "GCE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "no-gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


@pytest.fixture
def keys_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)


async def sent(**options: Any) -> Any:
    """The request that goes to Bedrock."""
    script = Script(Answer(ANSWER))
    async with await AiClient.create(BEDROCK, transport=script, **options) as asked:
        await asked.chat().user("hi").execute()
    return script.requests[0]


async def failure(**options: Any) -> Any:
    """The error that a call ends in, before anything is sent."""
    script = Script(Answer(ANSWER))
    async with await AiClient.create(BEDROCK, transport=script, **options) as asked:
        with pytest.raises(AiLibError) as caught:
            await asked.chat().user("hi").execute()
    assert script.requests == []
    return caught.value


def signed_by(request: Any) -> str:
    """What the signature says of its key and of what it is good for, without its day."""
    scheme, _, rest = request.headers["authorization"].partition(" ")
    assert scheme == "AWS4-HMAC-SHA256"
    access, _, *scope = rest.partition(",")[0].removeprefix("Credential=").split("/")
    return "/".join((access, *scope))


def signed_headers(request: Any) -> list[str]:
    names: str = request.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0]
    return names.split(";")


# Signed requests


@pytest.mark.usefixtures("keys_in_the_environment")
async def test_keys_of_the_environment_sign() -> None:
    request = await sent()
    assert signed_by(request) == f"{ACCESS}/eu-central-1/bedrock/aws4_request"
    assert {"host", "x-amz-date", "content-type"} <= set(signed_headers(request))
    assert "x-amz-security-token" not in request.headers
    assert SECRET not in repr(dict(request.headers))


@pytest.mark.usefixtures("keys_in_the_environment")
async def test_a_session_token_is_sent_and_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", SESSION)
    request = await sent()
    assert request.headers["x-amz-security-token"] == SESSION
    assert "x-amz-security-token" in signed_headers(request)


@pytest.mark.usefixtures("keys_in_the_environment")
async def test_extra_headers_are_signed_too() -> None:
    script = Script(Answer(ANSWER))
    async with await AiClient.create(BEDROCK, transport=script) as asked:
        await asked.chat().user("hi").extra_headers({"X-Amzn-Bedrock-Trace": "ENABLED"}).execute()
    assert "x-amzn-bedrock-trace" in signed_headers(script.requests[0])


async def test_credentials_of_the_caller_sign() -> None:
    request = await sent(credentials={**PARTS, "session_token": SESSION})
    assert signed_by(request).startswith(f"{ACCESS}/")
    assert request.headers["x-amz-security-token"] == SESSION


@pytest.mark.usefixtures("keys_in_the_environment")
async def test_credentials_of_the_caller_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", BEARER)
    mine = {**PARTS, "access_key_id": "AKIDMINE"}
    assert signed_by(await sent(credentials=mine)).startswith("AKIDMINE/")


@pytest.mark.usefixtures("keys_in_the_environment")
async def test_a_bearer_key_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", BEARER)
    request = await sent()
    assert request.headers["authorization"] == f"Bearer {BEARER}"
    assert "x-amz-date" not in request.headers


@pytest.mark.usefixtures("keys_in_the_environment")
async def test_the_region_of_the_caller_is_signed_for() -> None:
    request = await sent(variables={"region": "us-west-2"})
    assert request.url.startswith("https://bedrock-runtime.us-west-2.amazonaws.com/")
    assert signed_by(request) == f"{ACCESS}/us-west-2/bedrock/aws4_request"


@pytest.mark.parametrize(
    "credentials",
    [{"access_key_id": ACCESS}, {**PARTS, "region": "us-east-1"}],
)
async def test_parts_that_are_too_few_or_unknown_are_told(credentials: dict[str, str]) -> None:
    error = await failure(credentials=credentials)
    assert isinstance(error, ConfigurationError)
    assert "api_key=" in str(error)
    assert "'secret_access_key': ..." in str(error)


async def test_a_key_and_credentials_are_not_both_taken() -> None:
    with pytest.raises(ConfigurationError, match="not both"):
        await AiClient.create(BEDROCK, api_key=BEARER, credentials=PARTS)


async def test_a_missing_region_names_its_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    with pytest.raises(ConfigurationError, match=r"region.*AWS_REGION or AWS_DEFAULT_REGION"):
        await AiClient.create(BEDROCK, credentials=PARTS)


async def test_a_missing_region_is_told_at_an_address_of_the_callers_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    error = await failure(credentials=PARTS, base_url="https://vpce.example")
    assert isinstance(error, ConfigurationError)
    assert "AWS_REGION" in str(error)


@pytest.mark.usefixtures("keys_in_the_environment")
async def test_keys_of_the_environment_sign_for_no_other_host() -> None:
    error = await failure(base_url="https://proxy.example")
    assert isinstance(error, MissingKeyError)
    assert "proxy.example" in str(error)


# That have expired


@pytest.mark.usefixtures("keys_in_the_environment")
async def test_expired_keys_are_told_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2026-01-31T12:00:00Z")
    error = await failure()
    assert isinstance(error, ExpiredCredentialsError)
    assert error.error_class == "authentication"
    assert "2026-01-31T12:00:00Z" in str(error)


async def test_expired_credentials_of_the_caller_are_told_too() -> None:
    error = await failure(credentials={**PARTS, "expires": "2026-01-31T12:00:00"})
    assert isinstance(error, ExpiredCredentialsError)


@pytest.mark.usefixtures("keys_in_the_environment")
async def test_keys_that_are_good_still_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    soon = datetime.now(timezone.utc) + timedelta(hours=1)
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", soon.isoformat())
    assert signed_by(await sent()).startswith(ACCESS)


async def test_a_moment_that_is_none_is_told() -> None:
    error = await failure(credentials={**PARTS, "expires": "tomorrow"})
    assert isinstance(error, ConfigurationError)
    assert "tomorrow" in str(error)


# That are found by botocore


def profiles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    path = tmp_path / "credentials"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))


async def test_absent_keys_name_the_variables_and_the_extra() -> None:
    error = await failure()
    assert isinstance(error, MissingKeyError)
    for word in ("AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "ai-lib-python[aws]"):
        assert word in str(error)


async def test_without_botocore_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    profiles(monkeypatch, tmp_path, f"[default]\naws_access_key_id = {ACCESS}\naws_secret_access_key = {SECRET}\n")
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    error = await failure()
    assert isinstance(error, MissingKeyError)
    assert "ai-lib-python[aws]" in str(error)


async def test_a_profile_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = f"[default]\naws_access_key_id = {ACCESS}\naws_secret_access_key = {SECRET}\naws_session_token = {SESSION}\n"
    profiles(monkeypatch, tmp_path, text)
    request = await sent()
    assert signed_by(request) == f"{ACCESS}/eu-central-1/bedrock/aws4_request"
    assert request.headers["x-amz-security-token"] == SESSION


async def test_the_profile_that_is_named_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = f"[work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = {SECRET}\n"
    profiles(monkeypatch, tmp_path, f"[default]\naws_access_key_id = {ACCESS}\naws_secret_access_key = x\n{other}")
    monkeypatch.setenv("AWS_PROFILE", "work")
    assert signed_by(await sent()).startswith("AKIDWORK/")


async def test_half_a_key_in_the_environment_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", SESSION)
    profiles(monkeypatch, tmp_path, f"[default]\naws_access_key_id = {ACCESS}\naws_secret_access_key = {SECRET}\n")
    assert signed_by(await sent()).startswith(ACCESS)


async def test_a_profile_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    error = await failure()
    assert (type(error), error.error_class) == (ExpiredCredentialsError, "authentication")
    assert "nowhere" in str(error)


def a_process(tmp_path: Path, expires: datetime) -> str:
    """A profile whose keys a program prints, as for single sign-on tools."""
    printed = {"Version": 1, "AccessKeyId": ACCESS, "SecretAccessKey": SECRET, "SessionToken": SESSION}
    (tmp_path / "keys.json").write_text(json.dumps({**printed, "Expiration": expires.isoformat()}))
    (tmp_path / "keys.py").write_text(f"print(open({str(tmp_path / 'keys.json')!r}).read())")
    return f"[default]\ncredential_process = {sys.executable} {tmp_path / 'keys.py'}\n"


async def test_keys_that_a_program_prints_are_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    profiles(monkeypatch, tmp_path, a_process(tmp_path, datetime.now(timezone.utc) + timedelta(hours=1)))
    assert (await sent()).headers["x-amz-security-token"] == SESSION


async def test_keys_that_cannot_be_renewed_are_expired(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    profiles(monkeypatch, tmp_path, a_process(tmp_path, datetime.now(timezone.utc) - timedelta(hours=1)))
    error = await failure()
    assert isinstance(error, ExpiredCredentialsError)
    assert_hidden(error)


# Application Default Credentials


class TokenServer:
    """Gives tokens for signed assertions, or refuses to."""

    def __init__(self) -> None:
        self.asked = 0
        self.waits = 0.0
        self.lives = 3600
        self.refuses = False
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        form = await request.post()
        assert str(form["grant_type"]).endswith("jwt-bearer")
        self.asked += 1
        await asyncio.sleep(self.waits)
        if self.refuses:
            said = {"error": "invalid_grant", "error_description": "the account is gone"}
            return web.json_response(said, status=400)
        return web.json_response({"access_token": TOKEN, "expires_in": self.lives, "token_type": "Bearer"})


@pytest.fixture
async def tokens() -> AsyncIterator[TokenServer]:
    server = TokenServer()
    app = web.Application()
    app.router.add_post("/token", server.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/token"
    yield server
    await runner.cleanup()


@pytest.fixture(scope="session")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def service_account(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, private_key: str, tokens: TokenServer
) -> TokenServer:
    """A service account whose tokens come from ``tokens``."""
    account = {
        "type": "service_account",
        "project_id": "p-1",
        "private_key_id": "k-1",
        "private_key": private_key,
        "client_email": "robot@p-1.example",
        "token_uri": tokens.url,
    }
    path = tmp_path / "account.json"
    path.write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    return tokens


CLOUD: dict[str, Any] = {
    "id": "cloud",
    "name": "The Cloud",
    "extends": "openai-chat",
    "endpoint": {**load("vertex").data["endpoint"], "base_url": "https://{host}/v1"},
    "auth": {"scheme": "adc", "scopes": ["https://scope.example/all"], "reads": ["GOOGLE_APPLICATION_CREDENTIALS"]},
}


async def a_cloud(*answers: Answer, **options: Any) -> tuple[AiClient, Script]:
    script = Script(*(answers or (Answer(PLAIN["openai-chat"]),)))
    return await AiClient.create("cloud/m", manifest=CLOUD, transport=script, **options), script


async def test_a_token_of_a_service_account_is_sent(service_account: TokenServer) -> None:
    asked, script = await a_cloud()
    await asked.chat().user("hi").execute()
    assert script.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


async def test_a_token_is_asked_for_once_while_it_is_good(service_account: TokenServer) -> None:
    asked, script = await a_cloud()
    for _ in range(3):
        await asked.chat().user("hi").execute()
    assert (service_account.asked, len(script.requests)) == (1, 3)


async def test_many_first_calls_at_once_ask_for_one_token(service_account: TokenServer) -> None:
    service_account.waits = 0.05
    asked, script = await a_cloud()
    await asyncio.gather(*(asked.chat().user("hi").execute() for _ in range(50)))
    assert (service_account.asked, len(script.requests)) == (1, 50)
    assert {request.headers["authorization"] for request in script.requests} == {f"Bearer {TOKEN}"}


async def test_a_token_that_comes_too_late_is_a_deadline_and_the_next_call_has_it(service_account: TokenServer) -> None:
    service_account.waits = 0.3
    asked, script = await a_cloud()
    for call in (asked.chat().user("hi").timeout(0.05).execute(), _first(asked.chat().user("hi").timeout(0.05))):
        with pytest.raises(DeadlineExceeded, match=r"the credentials were not there within 0\.0\d+ s") as caught:
            await call
        assert (caught.value.provider, caught.value.retryable) == ("cloud", True)
    assert script.requests == []
    await asked.chat().user("hi").timeout(5).execute()
    assert (service_account.asked, len(script.requests)) == (1, 1)


async def _first(chat: Any) -> Any:
    return await chat.stream().__anext__()


async def test_the_time_that_a_token_took_is_off_the_calls_time(service_account: TokenServer) -> None:
    service_account.waits = 0.1
    asked, script = await a_cloud()
    with pytest.raises(DeadlineExceeded, match="credentials"):
        await asked.chat().user("hi").timeout(0.05).execute()
    assert script.requests == []


async def test_a_loop_is_not_held_while_a_token_is_asked_for(service_account: TokenServer) -> None:
    service_account.waits = 0.1
    asked, _ = await a_cloud()
    call = asyncio.ensure_future(asked.chat().user("hi").execute())
    turns = 0
    while not call.done():
        await asyncio.sleep(0.005)
        turns += 1
    assert turns > 5


async def test_a_token_that_is_about_to_expire_is_renewed(service_account: TokenServer) -> None:
    service_account.lives = 10
    asked, _ = await a_cloud()
    for _ in range(2):
        await asked.chat().user("hi").execute()
    assert service_account.asked == 2


async def test_a_token_that_cannot_be_renewed_is_expired_and_nothing_is_sent(service_account: TokenServer) -> None:
    service_account.refuses = True
    asked, script = await a_cloud()
    with pytest.raises(ExpiredCredentialsError, match="invalid_grant"):
        await asked.chat().user("hi").execute()
    assert script.requests == []


async def test_absent_default_credentials_name_the_extra() -> None:
    asked, script = await a_cloud()
    with pytest.raises(MissingKeyError, match=r"ai-lib-python\[google\]") as caught:
        await asked.chat().user("hi").execute()
    assert "The Cloud" in str(caught.value)
    assert script.requests == []


async def test_the_log_in_of_a_cloud_is_not_looked_for_by_a_manifest_of_another_host(
    service_account: TokenServer,
) -> None:
    script = Script(Answer(PLAIN["openai-chat"]))
    elsewhere = {**CLOUD, "endpoint": {"base_url": "https://api.cloud.example/v1"}}
    asked = await AiClient.create("cloud/m", manifest=elsewhere, transport=script)
    with pytest.raises(MissingKeyError) as caught:
        await asked.chat().user("hi").execute()
    assert str(caught.value) == (
        "no API key for The Cloud: pass api_key=...; the log-in of another provider is not used at this address"
    )
    assert (script.requests, service_account.asked) == ([], 0)


async def test_a_token_of_the_callers_needs_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.auth", None)
    asked, script = await a_cloud(api_key=TOKEN)
    await asked.chat().user("hi").execute()
    assert script.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


async def test_default_credentials_are_found_for_no_other_host(service_account: TokenServer) -> None:
    asked, _ = await a_cloud(base_url="https://proxy.example/v1")
    with pytest.raises(MissingKeyError, match=r"proxy\.example"):
        await asked.chat().user("hi").execute()
    assert service_account.asked == 0


# Shown to nobody


def assert_hidden(error: BaseException) -> None:
    """No secret is in anything that people, logs and files may get to see of an error."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    texts = [text for each in chain for text in (repr(each), str(each), repr(each.__dict__), repr(each.args))]
    texts += ["".join(traceback.format_exception(error)), repr(pickle.dumps(error))]
    assert_no_secret(texts)


def assert_no_secret(texts: list[str]) -> None:
    for text in texts:
        for secret in (SECRET, SESSION, BEARER, TOKEN):
            assert secret not in text


async def test_no_secret_is_in_an_error_that_repeats_it() -> None:
    echo = {"message": f"you sent {SECRET} and {SESSION}"}
    headers = {"x-amzn-errortype": "AccessDeniedException", "x-amzn-requestid": SESSION}
    script = Script(Answer(echo, 403, headers))
    credentials = {**PARTS, "session_token": SESSION}
    async with await AiClient.create(BEDROCK, transport=script, credentials=credentials) as asked:
        with pytest.raises(PermissionDeniedError) as caught:
            await asked.chat().user("hi").execute()
    assert_hidden(caught.value)


async def test_no_token_is_in_an_error_that_repeats_it(service_account: TokenServer) -> None:
    asked, _ = await a_cloud(Answer({"error": {"message": f"you sent {TOKEN}"}}, 401))
    with pytest.raises(AuthenticationError) as caught:
        await asked.chat().user("hi").execute()
    assert_hidden(caught.value)


async def test_no_secret_is_in_a_repr_or_a_preview() -> None:
    credentials = {**PARTS, "session_token": SESSION}
    script = Script(Answer(ANSWER))
    builder = AiClient.builder().model(BEDROCK).transport(script)
    asked = await AiClient.create(BEDROCK, transport=script, credentials=credentials)
    chat = asked.chat().user("hi")
    before = [repr(chat.preview()), str(chat.preview())]
    response, stats = await chat.execute_with_stats()
    target = asked._caller.target
    things = [
        builder,
        asked,
        asked._caller,
        target,
        await target.credential(),
        chat,
        chat.preview(),
        response,
        stats,
    ]
    assert_no_secret([*before, *map(repr, things), *map(str, things), repr(script.requests[0])])


@pytest.mark.usefixtures("keys_in_the_environment")
@pytest.mark.parametrize("way", ["caller", "environment"])
async def test_a_preview_shows_where_a_session_token_goes(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"credentials": {**PARTS, "session_token": SESSION}} if way == "caller" else {}
    if way == "environment":
        monkeypatch.setenv("AWS_SESSION_TOKEN", SESSION)
    async with await AiClient.create(BEDROCK, transport=Script(Answer(ANSWER)), **given) as asked:
        headers = asked.chat().user("hi").preview().headers
    assert headers["x-amz-security-token"] == "[redacted]"
    assert "x-amz-security-token" in headers["authorization"]


@pytest.mark.parametrize("way", ["keys", "profile"])
async def test_a_preview_of_a_signed_request_shows_no_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, way: str
) -> None:
    if way == "keys":
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        monkeypatch.setenv("AWS_SESSION_TOKEN", SESSION)
    else:
        profiles(monkeypatch, tmp_path, f"[default]\naws_access_key_id = {ACCESS}\naws_secret_access_key = {SECRET}\n")
    async with await AiClient.create(BEDROCK, transport=Script(Answer(ANSWER))) as asked:
        chat = asked.chat().user("hi")
        assert_no_secret([repr(chat.preview())])
        await chat.execute()
        assert_no_secret([repr(chat.preview())])
        assert chat.preview().url.endswith("/model/amazon.nova-2-lite-v1%3A0/converse")
