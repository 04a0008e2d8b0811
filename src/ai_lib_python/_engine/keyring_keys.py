"""Keys in the keyring of the system: where they are kept, and for whom.

A key is kept under the id of its provider, for the manifests that come with the library. One of the caller's own may
have any id, so what is kept for it stands under all that it says of its addresses as well: another manifest of that id,
or the same one when it sends elsewhere, does not find it.

This is the only module that imports ``keyring``, which is an extra, and only when a key is looked for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from importlib.util import find_spec
from typing import Any

import msgspec

from .._manifest.manifest import BORROWED, AuthScheme, Manifest
from ..errors import ConfigurationError, MissingKeyError
from .credentials import SIGNED, Credential, Renewed

SERVICE = "ai-lib-python"
"""What the keyring calls us."""

DIGITS = 12

EXTRA = "pip install 'ai-lib-python[keyring]'"


def is_installed() -> bool:
    """Whether there may be a keyring at all."""
    return find_spec("keyring") is not None


def way_of_keys(manifest: Manifest) -> AuthScheme | None:
    """The way to authenticate by which a key of the keyring is sent: the first whose key is one text that lasts.

    None where the provider needs no key: such ones are asked without looking for one.
    """
    lasting = (way for way in manifest.auth if takes_text(way) and way.scheme not in BORROWED)
    return next(lasting, None) if manifest.needs_key else None


def takes_text(way: AuthScheme) -> bool:
    """Whether a key that is one text can be given; a token where a library would find one."""
    return not way.parts and way.scheme != SIGNED


def entry_of(manifest: Manifest) -> str:
    """The name that a provider's key has in the keyring."""
    if manifest.is_bundled:
        return manifest.id
    listed = (manifest.data.get("list_models") or {}).get("base_url")
    said = msgspec.json.encode([manifest.data.get("endpoint"), listed], order="deterministic")
    return f"{manifest.id} ({manifest.endpoint.base_url}, {sha256(said).hexdigest()[:DIGITS]})"


def _entries(manifest: Manifest) -> list[str]:
    """The same for all APIs of a provider; one of the caller's own may have an address of its own for each."""
    return list(dict.fromkeys(map(entry_of, (manifest, *manifest.for_all_apis()))))


def kept(manifest: Manifest) -> str | None:
    """The key that is kept for a provider; None where there is none.

    Raises:
        ConfigurationError: the keyring cannot be read.
    """
    found = _asked("read", lambda ring: ring.get_password(SERVICE, entry_of(manifest)))
    return str(found) if found else None


def keep(manifest: Manifest, key: str) -> None:
    """Keeps a key, in the place of the one before.

    Raises:
        ConfigurationError: the keyring cannot be written.
    """
    for entry in _entries(manifest):
        _asked("written", partial(_set, entry, key))


def forget(manifest: Manifest) -> None:
    """Takes a key that is kept out of the keyring.

    Raises:
        ConfigurationError: the keyring cannot be written.
    """
    for entry in _entries(manifest):
        _asked("written", partial(_delete, entry))


def _set(entry: str, key: str, ring: Any) -> None:
    ring.set_password(SERVICE, entry, key)


def _delete(entry: str, ring: Any) -> None:
    if ring.get_password(SERVICE, entry) is not None:
        ring.delete_password(SERVICE, entry)


def _asked(what: str, ask: Callable[[Any], Any]) -> Any:
    """What the keyring answers. Its backends fail in ways of their own: all become one error, which shows no key."""
    try:
        import keyring  # an extra: only for who keeps keys there
    except ImportError:
        raise ConfigurationError(f"there is no keyring here: {EXTRA}") from None
    problem = ""
    try:
        return ask(keyring)
    except keyring.errors.NoKeyringError:
        if what == "read":  # no keyring is an empty one
            return None
        problem = "this system has none that is known; set an environment variable instead"
    except keyring.errors.KeyringLocked:
        problem = "it is locked; unlock it, and try again"
    except Exception as error:  # of D-Bus, of the system: each backend has its own
        problem = f"{type(error).__name__}: {error}" if what == "read" else type(error).__name__
    raise ConfigurationError(f"the keyring cannot be {what}: {problem}")  # out here: the other one may show the key


class FromKeyring:
    """The key that is kept for a provider, else what another source gives. Asking it may block.

    Attributes:
        lasts: whether what was given is good for all calls to come, so that nobody need ask again.
    """

    def __init__(self, manifest: Manifest, way: AuthScheme, rest: Renewed | None, advice: Callable[[], str]) -> None:
        """``advice`` says what to do where there is nothing."""
        self._manifest = manifest
        self._way = way
        self._rest = rest
        self._advice = advice
        self.lasts = False

    def current(self) -> Credential:
        """The credential as it is now.

        Raises:
            MissingKeyError: there is none, or the keyring cannot be read.
            ExpiredCredentialsError: the other source's could not be renewed.
        """
        problem = ""
        try:
            if key := kept(self._manifest):
                self.lasts = True
                return Credential(self._way, key)
        except ConfigurationError as error:
            problem = f"{error.message}; "
        if self._rest is not None:
            return self._rest.current()
        raise MissingKeyError(f"{problem}{self._advice()}")
