"""A key, or what takes the place of one, and where it comes from when it is more than a text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from typing import Any, Protocol

import msgspec

from .._forks import a_lock
from .._manifest.manifest import AuthScheme
from .._moments import moment_of
from .._wire.redact import HIDDEN
from .._wire.sigv4 import SigningKeys
from ..errors import ConfigurationError, ExpiredCredentialsError, MissingKeyError


class Credential(msgspec.Struct, frozen=True):
    """A key and how it is sent. It is in no repr.

    Attributes:
        scheme: how the manifest wants it.
        key: the key or token; empty where requests are signed.
        signing: what signs requests, for the scheme ``aws-sigv4``.
        parts: what headers are made of, for the scheme ``headers``.
    """

    scheme: AuthScheme
    key: str = ""
    signing: SigningKeys | None = None
    parts: Mapping[str, str] = {}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown to anyone."""
        signing = (self.signing.secret_access_key, self.signing.session_token) if self.signing is not None else ()
        return tuple(filter(None, (self.key, *signing, *self.parts.values())))

    def __repr__(self) -> str:
        return f"Credential({self.scheme.scheme})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("scheme", self.scheme.scheme)]


class Renewed(Protocol):
    """A source that finds and renews a credential; asking it may block.

    Attributes:
        lasts: whether what it gave is good for all calls to come, so that nobody need ask again.
    """

    @property
    def lasts(self) -> bool: ...

    def current(self) -> Credential: ...


SIGNED = "aws-sigv4"

SIGNING_PARTS = frozenset({"access_key_id", "secret_access_key"})
"""The parts without which nothing can be signed; ``session_token`` and ``expires`` may come with them."""

EXPIRES = "expires"
"""The part of a credential that says, in RFC 3339, until when it is good."""


def parts_needed(scheme: AuthScheme) -> frozenset[str]:
    """The parts without which a scheme can do nothing; none where it takes a key."""
    return SIGNING_PARTS if scheme.scheme == SIGNED else frozenset(scheme.parts)


def credential_of(scheme: AuthScheme, parts: Mapping[str, str]) -> Credential:
    """The credential that several parts make.

    Raises:
        ExpiredCredentialsError: they say that they are good no longer.
        ConfigurationError: what they say of it is no moment.
    """
    return _signing(scheme, parts) if scheme.scheme == SIGNED else Credential(scheme, parts=parts)


def hidden_credential(scheme: AuthScheme, real: str | Mapping[str, str] | None = None) -> Credential:
    """One that can be shown, in the form of the real one, as far as that is known."""
    if scheme.scheme == SIGNED:
        token = HIDDEN if isinstance(real, Mapping) and "session_token" in real else None
        return Credential(scheme, signing=SigningKeys(HIDDEN, HIDDEN, token))
    if scheme.parts:
        return Credential(scheme, parts=dict.fromkeys(scheme.parts, HIDDEN))
    return Credential(scheme, HIDDEN)


def _signing(scheme: AuthScheme, parts: Mapping[str, str]) -> Credential:
    if EXPIRES in parts:
        _check_time(parts[EXPIRES])
    keys = SigningKeys(parts["access_key_id"], parts["secret_access_key"], parts.get("session_token"))
    return Credential(scheme, signing=keys)


def _check_time(expires: str) -> None:
    moment = moment_of(expires)
    if moment is None:
        raise ConfigurationError(f"the credentials expire at {expires!r}, which is no moment of RFC 3339")
    if moment <= datetime.now(timezone.utc):
        raise ExpiredCredentialsError(f"the credentials expired at {expires}; get new ones")


class SigningChain:
    """Signing keys as botocore finds them: profiles, single sign-on, roles of the machine."""

    lasts = False

    def __init__(self, scheme: AuthScheme, advice: Callable[[], str]) -> None:
        """``advice`` says what to do where there are none."""
        from botocore.session import get_session  # an extra: only for who needs it

        self._scheme = scheme
        self._advice = advice
        self._session = get_session()

    def current(self) -> Credential:
        """The keys as they are now, renewed where they had to be.

        Raises:
            MissingKeyError: there are none.
            ExpiredCredentialsError: they could not be found or renewed.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            found = self._session.get_credentials()
            keys = found.get_frozen_credentials() if found is not None else None
        except (BotoCoreError, ClientError, RuntimeError) as error:  # the last where new ones have expired already
            raise ExpiredCredentialsError(f"the credentials could not be found or renewed: {error}") from None
        if keys is None:
            raise MissingKeyError(self._advice())
        return Credential(self._scheme, signing=SigningKeys(keys.access_key, keys.secret_key, keys.token))


class DefaultCredentials:
    """A bearer token of Application Default Credentials, as google-auth finds and renews it."""

    lasts = False

    def __init__(self, scheme: AuthScheme, advice: Callable[[], str]) -> None:
        """``advice`` says what to do where there are none."""
        from google.auth import default  # an extra: only for who needs it
        from google.auth.exceptions import GoogleAuthError

        self._scheme = scheme
        try:
            self._found, _ = default(scopes=list(scheme.scopes))
        except (GoogleAuthError, OSError) as error:
            raise MissingKeyError(f"{advice()} ({error})") from None

    def current(self) -> Credential:
        """The token as it is now, renewed where it had to be.

        Raises:
            ExpiredCredentialsError: it could not be renewed.
        """
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request

        if not self._found.valid:
            try:
                self._found.refresh(Request())
            except GoogleAuthError as error:
                raise ExpiredCredentialsError(f"the credentials could not be renewed: {error}") from None
        return Credential(self._scheme, str(self._found.token))


SOURCES: dict[str, tuple[str, Callable[[AuthScheme, Callable[[], str]], Renewed]]] = {
    SIGNED: ("aws", SigningChain),
    "adc": ("google", DefaultCredentials),
}
"""By scheme: the extra that must be installed, and the source that comes with it."""


class FromLibraries:
    """What the first installed library gives: looked for at the first call, renewed by one caller at a time."""

    lasts = False

    def __init__(self, ways: Iterable[AuthScheme], advice: Callable[[], str]) -> None:
        """``advice`` says what to do where there is nothing."""
        self._ways = tuple(ways)
        self._advice = advice
        self._lock = a_lock()
        self._source: Renewed | None = None

    def current(self) -> Credential:
        """The credential as it is now.

        Raises:
            MissingKeyError: no library is installed, or it finds none.
            ExpiredCredentialsError: it could not be renewed.
        """
        with self._lock:
            if self._source is None:
                self._source = next(filter(None, map(self._installed, self._ways)), None)
            if self._source is None:
                raise MissingKeyError(self._advice())
            return self._source.current()

    def _installed(self, way: AuthScheme) -> Renewed | None:
        try:
            return SOURCES[way.scheme][1](way, self._advice)
        except ImportError:
            return None
