"""A manifest with everything inherited: an immutable value with typed views of what the engine asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from .._globs import fits_one, globs_of
from .._placeholders import WORD
from .._spelling import did_you_mean
from .._structs import convert
from ..errors import ConfigurationError, ManifestError
from ..timeouts import Timeouts
from .check import spell
from .merge import Layer, merge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .yaml_source import KeyPath

T = TypeVar("T")

__all__ = ["AuthScheme", "Endpoint", "Limits", "Manifest", "Status", "Variable", "globs_of", "manifest_of"]


class Status(msgspec.Struct, frozen=True):
    """Whether a provider is still there.

    Attributes:
        state: ``live``, ``beta``, ``unverified``, ``retired`` or ``no_chat``; the key ``is`` in a manifest.
        since: the day since when it is so, as ``2026-11-23``.
        successor: id of the provider that takes its place.
        note: what callers should know of it.
    """

    state: str = msgspec.field(default="live", name="is")
    since: str | None = None
    successor: str | None = None
    note: str | None = None


class Variable(msgspec.Struct, frozen=True):
    """A placeholder of the base URL.

    Attributes:
        env: environment variables that may hold it, the first that is set wins.
        note: what it is.
        default: its value where nobody gives one.
        of: the placeholder that this one follows from; nobody gives it then.
        map: values of ``of``, each with what follows from it.
        otherwise: what follows from every other value; the key ``else`` in a manifest.
    """

    env: tuple[str, ...] = ()
    note: str | None = None
    default: str | None = None
    of: str | None = None
    map: dict[str, str] = {}
    otherwise: str | None = msgspec.field(default=None, name="else")

    def follows_from(self, value: str) -> str | None:
        """The value where that of the placeholder ``of`` is this one."""
        found = self.map.get(value, self.otherwise)
        return None if found is None else found.replace(f"{{{self.of}}}", value)


class Endpoint(msgspec.Struct, frozen=True):
    """Where requests go.

    Attributes:
        base_url: address before every path, perhaps with ``{placeholders}``; None where callers must give it.
        hosts: the provider's other hosts, which may have its key too; patterns such as ``*.example.com``.
        env: environment variables that may hold another base URL, the first that is set wins.
        variables: the placeholders, by name.
        headers: headers of each request to this host.
    """

    base_url: str | None = None
    hosts: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    variables: dict[str, Variable] = {}
    headers: dict[str, str] = {}


class AuthScheme(msgspec.Struct, frozen=True):
    """One way to authenticate.

    Attributes:
        scheme: ``bearer``, ``header``, ``query``, ``headers``, ``aws-sigv4``, ``adc`` or ``none``.
        header: name of the header, for the scheme ``header``.
        prefix: text before the key in the header.
        query: name of the query parameter, for the scheme ``query``.
        env: environment variables that may hold the key, the first that is set wins.
        optional: whether a request may go out without a key.
        parts: for a credential of several parts, the environment variables of each.
        service: what requests are signed for, for the scheme ``aws-sigv4``.
        region: the placeholder of the base URL that holds the region of a signature.
        scopes: what a token is asked for, for the scheme ``adc``.
        headers: for the scheme ``headers``, templates of the headers, from the parts and the time.
        reads: environment variables that a library reads by itself, to tell people of them.
    """

    scheme: str
    header: str | None = None
    prefix: str | None = None
    query: str | None = None
    env: tuple[str, ...] = ()
    optional: bool = False
    parts: dict[str, tuple[str, ...]] = {}
    service: str | None = None
    region: str = "region"
    scopes: tuple[str, ...] = ()
    headers: dict[str, Any] = {}
    reads: tuple[str, ...] = ()


NEEDS = {"header": "header", "query": "query", "aws-sigv4": "service", "adc": "scopes", "headers": "headers"}
"""What a scheme cannot do without."""

BORROWED = frozenset({"aws-sigv4", "adc"})
"""Schemes whose credentials a library finds by itself, where nobody gives any."""


class Limits(msgspec.Struct, frozen=True):
    """How much a model takes and gives. None, or nothing, where the manifest does not say.

    Attributes:
        context: tokens of prompt and answer together.
        prompt: tokens of the prompt, where that is less.
        output: tokens of the answer.
        takes: kinds of content in messages: ``text``, ``image``, ``audio``, ``video``, ``file``.
        gives: kinds of content in answers.
    """

    context: int | None = None
    prompt: int | None = None
    output: int | None = None
    takes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()


UNKNOWN_LIMITS = Limits()


class Manifest(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """A provider or dialect with all that it inherits.

    Attributes:
        id: the id of the manifest that was loaded.
        kind: ``provider`` or ``dialect``.
        name: its name for people; the id where it gives none.
        dialect: id of the wire format that it speaks.
        data: everything, merged. Read only: it is shared.
        status: whether the provider is still there.
        endpoint: where requests go.
        auth: the ways to authenticate, in order of preference.
        timeouts: deadlines of its own, where it has some.
        api: which of the provider's APIs this is about.
        origin: whose opaque parts and signatures are understood here: the provider's, by this API.
        sunset: after :meth:`for_model`, the day from which that model is gone.
        replacement: after :meth:`for_model`, the model that takes its place.
        withheld: schemes for which no library may be asked here: what it finds belongs to other hosts.
        says_what_it_takes: whether ``serve.accepts`` and ``serve.order`` are about its own requests: not where a
            manifest that is not bundled inherits them, and may write otherwise without a word of that.
        is_bundled: whether it, and all that it inherits from, came with the library.
    """

    id: str
    kind: str
    name: str
    dialect: str
    data: dict[str, Any]
    status: Status
    endpoint: Endpoint
    auth: tuple[AuthScheme, ...]
    timeouts: Timeouts
    api: str
    origin: str
    sunset: str | None = None
    replacement: str | None = None
    withheld: frozenset[str] = frozenset()
    says_what_it_takes: bool = True
    is_bundled: bool = False
    _layer: Layer
    _for_models: dict[int, Manifest]
    _load_api: Callable[[str], Manifest] | None = None

    def __repr__(self) -> str:
        return f"Manifest({self.id!r}, {self.where()!r})"

    def where(self, path: KeyPath = ()) -> str:
        """``openai.yaml:12``: where the value at a path of ``data``, or its nearest known ancestor, stands."""
        return str(self._layer.origin(path))

    def written(self, path: KeyPath) -> KeyPath:
        """A path of ``data`` as it is in the file that the value came from: ``("apis", "tasks", "auth")``, say."""
        return self._layer.written(path)

    def error(self, path: KeyPath, message: str) -> ManifestError:
        """The error for something wrong at a path: ``openai.yaml:12: auth.scheme: message``."""
        return problem_at(self._layer, path, message)

    @property
    def other_apis(self) -> tuple[str, ...]:
        """The names of the provider's other APIs."""
        return tuple(self.data.get("apis", ()))

    @property
    def has_chat(self) -> bool:
        """Whether there is a chat API at all."""
        return self.status.state != "no_chat"

    def for_all_apis(self) -> Iterator[Manifest]:
        """What holds for each of the provider's other APIs."""
        return map(self.for_api, self.other_apis)

    def for_api(self, name: str) -> Manifest:
        """What holds for another API of the same provider; its own API is this manifest.

        Raises:
            ConfigurationError: the provider has no API of that name.
            ManifestError: the dialect that it extends is wrong or not there.
        """
        if name == self.api:
            return self
        if name not in self.other_apis or self._load_api is None:
            known = ", ".join((self.api, *self.other_apis))
            raise ConfigurationError(f"{self.name} has no API called {name!r}; it has: {known}", provider=self.id)
        return self._load_api(name)

    @property
    def needs_key(self) -> bool:
        """Whether no request may go out without a key."""
        return bool(self.auth) and not any(way.optional or way.scheme == "none" for way in self.auth)

    def for_model(self, model: str) -> Manifest:
        """This manifest with the first entry of ``models`` that matches laid over it, or itself."""
        index = self._entry(model)
        return self if index is None else self._overlaid(index)

    def limits_of(self, model: str) -> Limits:
        """How much a model takes and gives: the first entry of ``limits`` that matches."""
        for entry in self.data.get("limits", ()):
            if fits_one(model, globs_of(entry)):
                return convert({key: value for key, value in entry.items() if value is not None}, Limits)
        return UNKNOWN_LIMITS

    def for_all_models(self) -> Iterator[Manifest]:
        """This manifest with each entry of ``models`` laid over it, one at a time."""
        return map(self._overlaid, range(len(self.data.get("models", ()))))

    def _entry(self, model: str) -> int | None:
        """The index in ``models`` of the first entry that matches."""
        for index, entry in enumerate(self.data.get("models", ())):
            if fits_one(model, globs_of(entry)):
                return index
        return None

    def _overlaid(self, index: int) -> Manifest:
        """This manifest with an entry of ``models`` laid over it; made once."""
        if index not in self._for_models:
            layer = merge(self._layer, self._layer.part(("models", index)))
            for key in ("models", "match"):
                layer.data.pop(key, None)
            overlaid = manifest_of(layer, self.dialect, api=self.api)
            self._for_models[index] = msgspec.structs.replace(
                overlaid,
                withheld=self.withheld,
                says_what_it_takes=self.says_what_it_takes,
                is_bundled=self.is_bundled,
            )
        return self._for_models[index]


OWN_API = "chat"
"""What a provider's API is called where its manifest does not say."""


def manifest_of(
    layer: Layer, dialect: str, *, api: str | None = None, load_api: Callable[[str], Manifest] | None = None
) -> Manifest:
    """The manifest that a merged layer describes.

    Args:
        layer: everything, merged.
        dialect: the id of the wire format.
        api: the name of the API, where it is not the manifest's own.
        load_api: loads another API of the same provider.

    Raises:
        ManifestError: a key is missing that the way of authenticating needs, or keys do not fit together.
    """
    _check_auth(layer)
    _check_variables(layer)
    data = layer.data
    own = data.get("api", OWN_API)
    return Manifest(
        id=data["id"],
        kind=data.get("kind", "provider"),
        name=data.get("name") or data["id"],
        dialect=dialect,
        data=data,
        status=_view(layer, ("status",), data.get("status", {}), Status),
        endpoint=_view(layer, ("endpoint",), data.get("endpoint", {}), Endpoint),
        auth=tuple(_view(layer, path, way, AuthScheme) for path, way in _ways(data)),
        timeouts=Timeouts(**(data.get("timeouts") or {})),
        api=api or own,
        origin=data["id"] if api in (None, own) else f"{data['id']}:{api}",
        sunset=data.get("sunset"),
        replacement=data.get("replacement"),
        _layer=layer,
        _for_models={},
        _load_api=load_api,
    )


def _view(layer: Layer, path: KeyPath, value: Any, kind: type[T]) -> T:
    """The typed view of what stands at a path."""
    try:
        return convert(value, kind)
    except msgspec.ValidationError as error:  # null where a name looks like an operator, so that it stays a value
        raise problem_at(layer, path, str(error)) from None


def _ways(data: dict[str, Any]) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    """Each way to authenticate, with its path."""
    auth = data.get("auth", {})
    if "any" in auth:
        for index, way in enumerate(auth["any"]):
            yield ("auth", "any", index), {key: value for key, value in way.items() if value is not None}
    elif auth:
        yield ("auth",), auth


def _check_auth(layer: Layer) -> None:
    for index, choice in enumerate(layer.data.get("auth", {}).get("any", ())):
        if choice is None:  # null takes an inherited key away, and in a list there is none
            raise problem_at(layer, ("auth", "any", index), "expected a map, got null")
    for path, way in _ways(layer.data):
        scheme = way.get("scheme")
        if scheme is None:
            expected = "bearer, header, query, headers, aws-sigv4, adc or none"
            raise problem_at(layer, (*path, "scheme"), f"is missing; expected {expected}")
        needed = NEEDS.get(scheme)
        if needed is not None and not way.get(needed):
            raise problem_at(layer, (*path, needed), f"is missing; the scheme {scheme} needs it")


def _check_variables(layer: Layer) -> None:
    """Refuses placeholders that would never have a value, or of which part would never be looked at."""
    variables = layer.data.get("endpoint", {}).get("variables", {})
    for name, variable in variables.items():
        if not (isinstance(name, str) and WORD.fullmatch(name)):
            problem = "no address can hold this placeholder: its name needs letters, digits and '_' alone"
            raise problem_at(layer, ("endpoint", "variables", name), problem)
        beside = {"env", "default"} if "of" in variable else {"map", "else"}
        for word in sorted(beside & variable.keys()):
            problem = "means nothing beside `of`" if "of" in variable else "means nothing without `of`"
            raise problem_at(layer, ("endpoint", "variables", name, word), problem)
        seen = [name]
        while (follows := variables.get(seen[-1], {}).get("of")) is not None:
            if follows in seen:
                circle = " -> ".join([*seen, follows])
                raise problem_at(layer, ("endpoint", "variables", seen[-1], "of"), f"goes in a circle: {circle}")
            seen.append(follows)


NAME = re.compile(r"[A-Za-z0-9]\S*")
"""What other APIs may be called. What begins otherwise may look like an operator, below which null is a value."""


def check_apis(layer: Layer) -> None:
    """Refuses other APIs that nothing could reach, and routes that lead to none.

    Raises:
        ManifestError: it names the API.
    """
    own, others = layer.data.get("api", OWN_API), layer.data.get("apis", {})
    if own in others:
        problem = "is the name of the API that the rest of this manifest is about; give this one another, or set `api`"
        raise problem_at(layer, ("apis", own), problem)
    for name in others:
        if not (isinstance(name, str) and NAME.fullmatch(name)):
            problem = "no API can be called so: a name begins with a letter or a digit, and has no blanks"
            raise problem_at(layer, ("apis", name), problem)
    for index, route in enumerate(layer.data.get("routes", ())):
        if (name := route["api"]) not in (own, *others):
            hint = did_you_mean(name, (own, *others))
            raise problem_at(layer, ("routes", index), f"there is no API {name!r}{hint}")


def problem_at(layer: Layer, path: KeyPath, message: str) -> ManifestError:
    """The error for something wrong at a path: ``openai.yaml:12: auth.scheme: message``."""
    text = f"{layer.origin(path)}: {spell(layer.written(path))}: {message}"
    return ManifestError(text, provider=layer.data.get("id"))
