"""Servers are verified, always: against the system's certificates, those of the environment, or the caller's own."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import trustme

import ai_lib_python
from ai_lib_python import AiClient
from ai_lib_python.errors import ConnectionFailed
from ai_lib_python.sync import AiClient as BlockingClient

from .loopback import PLAIN, whole
from .scripted import KEY
from .test_planted_key import error_holds_no_key


class Served:
    """What the server saw."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/v1"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@asynccontextmanager
async def serving(authority: trustme.CA, name: str = "localhost") -> AsyncIterator[Served]:
    """A server whose certificate the authority has signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    served = Served()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                served.heads.append(head)
                await reader.readexactly(int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0))
                writer.write(whole(PLAIN))
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    served.port = server.sockets[0].getsockname()[1]
    yield served
    server.close()


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def ask(url: str, **options: Any) -> str:
    async with await AiClient.create("openai/gpt-4o", api_key=KEY, base_url=url, timeout=10, **options) as client:
        return (await client.chat().user("hi").execute()).content


async def test_a_server_that_nobody_vouches_for_gets_no_key(authority: trustme.CA) -> None:
    async with serving(authority) as served:
        with pytest.raises(ConnectionFailed, match=r"(?i)certificate") as caught:
            await ask(served.url)
        assert served.heads == []
    error_holds_no_key(caught.value)


async def test_certificates_of_the_callers_own_are_trusted(authority: trustme.CA) -> None:
    async with serving(authority) as served:
        assert await ask(served.url, verify=trusting(authority)) == "hello"
        assert KEY.encode() in served.heads[0]


async def test_a_trusted_certificate_of_another_host_is_no_better_than_none(authority: trustme.CA) -> None:
    async with serving(authority, "other.example") as served:
        with pytest.raises(ConnectionFailed, match=r"(?i)certificate"):
            await ask(served.url, verify=trusting(authority))
        assert served.heads == []


@pytest.mark.parametrize("value", [False, True, "company.pem", 0])
async def test_verification_cannot_be_turned_off_by_a_word(value: Any) -> None:
    with pytest.raises(TypeError, match=r"(?s)verify must be an ssl\.SSLContext.*Servers are always verified"):
        await AiClient.create("openai/gpt-4o", api_key=KEY, verify=value)
    with pytest.raises(TypeError, match="verify must be"):
        await AiClient.builder().model("openai/gpt-4o").api_key(KEY).verify(value).build()
    with pytest.raises(TypeError, match="verify must be"):
        BlockingClient.create("openai/gpt-4o", api_key=KEY, verify=value)


async def test_the_variables_of_other_libraries_turn_nothing_off(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PYTHONHTTPSVERIFY", "NODE_TLS_REJECT_UNAUTHORIZED", "CURL_INSECURE", "SSL_VERIFY"):
        monkeypatch.setenv(name, "0")
    async with serving(authority) as served:
        with pytest.raises(ConnectionFailed, match=r"(?i)certificate"):
            await ask(served.url)


ASK = """
import sys
from ai_lib_python.sync import AiClient
with AiClient.create("openai/gpt-4o", api_key="k", base_url=sys.argv[1], timeout=10) as client:
    print(client.chat().user("hi").execute().content)
"""


async def test_certificates_of_the_environment_are_trusted(authority: trustme.CA, tmp_path: Path) -> None:
    pem = tmp_path / "company.pem"
    authority.cert_pem.write_to_path(str(pem))
    environment = {"PYTHONPATH": str(Path(ai_lib_python.__file__).parent.parent), "SSL_CERT_FILE": str(pem)}
    async with serving(authority) as served:
        ran = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", ASK, served.url],
            capture_output=True,
            text=True,
            timeout=30,
            env=environment,
        )
    assert (ran.stdout, ran.stderr) == ("hello\n", "")


# Proxies


class Proxy:
    """A proxy that opens tunnels to one place, and notes what it was asked for."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.asked: list[str] = []
        self.port = 0
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: list[Any] = []

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*self._tasks, *(writer.wait_closed() for writer in self._writers), return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.append(asyncio.current_task())
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head.decode())
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers += [back, writer]
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(self._copy(reader, back), self._copy(there, writer))

    @staticmethod
    async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while piece := await source.read(4096):
                target.write(piece)
        target.close()


@pytest.fixture
def no_bypass(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


async def test_a_proxy_of_the_environment_carries_the_call_and_sees_no_key(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, no_bypass: None
) -> None:
    async with serving(authority) as served, Proxy(served.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://someone:secret@127.0.0.1:{proxy.port}")
        assert await ask(served.url, verify=trusting(authority)) == "hello"
        assert len(proxy.asked) == 1
        assert proxy.asked[0].startswith(f"CONNECT localhost:{served.port} HTTP/1.1\r\n")
        assert "Proxy-Authorization: Basic " in proxy.asked[0]
        assert KEY not in proxy.asked[0]


async def test_behind_a_proxy_the_server_is_verified_all_the_same(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, no_bypass: None
) -> None:
    async with serving(authority) as served, Proxy(served.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(ConnectionFailed, match=r"(?i)certificate"):
            await ask(served.url)
        assert served.heads == []


@pytest.mark.parametrize("hosts", ["localhost", "other.example,localhost", "*"])
async def test_hosts_that_need_no_proxy_are_asked_without_it(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, hosts: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", hosts)
    async with serving(authority) as served:
        assert await ask(served.url, verify=trusting(authority)) == "hello"
