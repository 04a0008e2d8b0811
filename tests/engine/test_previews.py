"""What is shown of a request is what is sent, but for the secrets in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from ai_lib_python import AiClient, AiLibError
from ai_lib_python._manifest.folders import bundled_providers
from ai_lib_python._manifest.load import load
from ai_lib_python._manifest.manifest import AuthScheme, Manifest
from ai_lib_python.preview import RequestPreview

from .scripted import Answer, Script

pytestmark = pytest.mark.filterwarnings("ignore::ai_lib_python.warnings.SunsetWarning")

SECRET = "planted-secret-0123456789abcdef"
MADE_OF_A_MOMENT = {"timestamp", "x-amz-date"}


def ways() -> Iterator[Any]:
    """Each way of each API of each provider that can be given by hand."""
    for path in bundled_providers():
        provider = load(path.stem)
        if provider.has_chat:
            for api in (provider, *provider.for_all_apis()):
                for index, way in enumerate(api.auth):
                    if way.scheme != "none":
                        yield pytest.param(api, way, id=f"{api.origin}-{index}-{way.scheme}")


async def client(api: Manifest, way: AuthScheme, monkeypatch: pytest.MonkeyPatch, script: Script) -> AiClient:
    """A client whose credential comes that way: from the environment where it can, else from the caller."""
    given: dict[str, Any] = {}
    for other in api.auth:
        for name in (*other.env, *(name for names in other.parts.values() for name in names)):
            monkeypatch.delenv(name, raising=False)
    if way.parts:
        given = {"credentials": {part: SECRET for part in way.parts if part != "expires"}}
    elif way.env:
        monkeypatch.setenv(way.env[0], SECRET)
    else:
        given = {"api_key": SECRET}
    variables = dict.fromkeys(api.endpoint.variables, "v")
    if api.endpoint.base_url is None or api.status.state == "retired":
        given |= {"base_url": "https://mine.example", "api_key": SECRET}
    return await AiClient.create(f"{api.id}/m", api=api.api, transport=script, variables=variables, **given)


def hidden(values: Mapping[str, str]) -> dict[str, str]:
    """Headers, or parameters, with what is secret or of the moment replaced."""
    return {
        name: "of the moment" if name in MADE_OF_A_MOMENT else value.replace(SECRET, "[redacted]")
        for name, value in values.items()
    }


@pytest.mark.parametrize(("api", "way"), list(ways()))
async def test_a_preview_holds_a_credentials_place_wherever_the_request_has_one(
    api: Manifest, way: AuthScheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script(Answer(b"", 400))
    asked = await client(api, way, monkeypatch, script)
    chat = asked.chat().user("hi")
    shown: RequestPreview = chat.preview()
    with pytest.raises(AiLibError):
        await chat.execute()
    (sent,) = script.requests
    assert SECRET not in repr(shown)
    assert shown.url.partition("?")[0] == sent.url.partition("?")[0]
    assert dict(parse_qsl(urlsplit(shown.url).query)) == hidden(dict(parse_qsl(urlsplit(sent.url).query)))
    assert shown.headers.keys() == sent.headers.keys()
    made = {"authorization", "sign"} if way.parts else set()
    for name in shown.headers.keys() - made:
        assert hidden(shown.headers)[name] == hidden(sent.headers)[name]
    assert "[redacted]" in f"{shown.url} {shown.headers}".replace("%5Bredacted%5D", "[redacted]")
