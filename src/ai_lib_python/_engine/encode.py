"""A chat request in a manifest's words, or the error that says what cannot be said in them, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._compile.notes import Notes, Where
from .._compile.program import Program
from .._compile.values import CannotExpress
from .._manifest.manifest import Manifest
from ..errors import UnsupportedError
from ..request import ChatRequest
from ..response import Place


def encode(manifest: Manifest, program: Program, request: ChatRequest, stream: bool, notes: Notes) -> Any:
    """Path, query, headers and body of a request, as its templates and rules say.

    Raises:
        UnsupportedError: the wire cannot express some content; the message names it and its place.
    """
    try:
        return program.encode(request, stream, notes)
    except CannotExpress as error:
        kind, *part = error.args
        refused = UnsupportedError(f"{manifest.name} ({request.model}) takes no {_plain(kind)} here")
        raise _placed(refused, part, manifest, request, notes) from None
    except UnicodeEncodeError:  # half of a character, in what becomes part of an address
        problem = "the request holds a character that no encoding can write"
        raise UnsupportedError(problem, provider=manifest.id, model=request.model) from None
    except UnsupportedError as error:
        raise _placed(error, error._where, manifest, request, notes) from None


def _plain(kind: Any) -> str:
    """``image_base64`` for people: ``part of kind 'image_base64'``."""
    return f"part of kind {kind!r}"


def _placed(
    error: UnsupportedError, where: Iterable[Where], manifest: Manifest, request: ChatRequest, notes: Notes
) -> UnsupportedError:
    """The error with what it is about, and where in the conversation that is."""
    error.provider, error.model = manifest.id, request.model
    error.places, error._where = notes.places(where, request.messages), ()
    if error.places:
        error.message = f"{error.message} ({named(error.places[0])})"
        error.args = (error.message,)
    return error


def named(place: Place) -> str:
    """``messages[2].parts[0]``"""
    return f"messages[{place.message}]" + ("" if place.part is None else f".parts[{place.part}]")
