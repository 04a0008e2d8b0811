"""Encodes requests for a provider that is not called: nothing but its manifest is needed."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

import msgspec

from .._compile.notes import Notes
from ..errors import HistoryError, UnsupportedError
from ..message import holds_files
from ..request import ChatRequest
from ..response import Adjustment, Place
from .connect import manifest_of
from .encode import encode, named
from .target import check_alive, program_of


class Refused(msgspec.Struct, frozen=True):
    """A request that cannot be sent: why, and whether something else can be asked without what it is about."""

    error: UnsupportedError
    reason: str
    can_go_on: bool


class Trial:
    """One provider's model.

    Attributes:
        provider: id of its manifest.
        model: the model's name there.
    """

    def __init__(
        self,
        model: str,
        *,
        api: str | None,
        manifest: str | PathLike[str] | Mapping[str, Any] | None,
        manifest_dir: str | PathLike[str] | None,
    ) -> None:
        self._manifest, self.model = manifest_of(model, manifest, manifest_dir)
        check_alive(self._manifest, None)
        self.provider = self._manifest.id
        self._api = api

    def encode(self, request: ChatRequest, *, stream: bool) -> tuple[Adjustment, ...] | Refused:
        """What would be adjusted, or why the request would be refused."""
        api = self._api
        if api is None and "routes" in self._manifest.data:
            api = program_of(self._manifest).route(request, stream)
        manifest = self._manifest.for_api(api or self._manifest.api).for_model(request.model)
        program, notes = program_of(manifest), Notes()
        files: tuple[Adjustment, ...] = ()
        try:
            if holds_files(request.messages):
                from .files import with_files_shown  # for who has files

                request, changed, fetched = with_files_shown(manifest, program, request)
                files = (*fetched, *changed)
            encode(manifest, program, request, stream, notes)
        except UnsupportedError as error:
            reason = error.message
            if error.places:
                reason = reason.removesuffix(f" ({named(Place(*error.places[0]))})")
            return Refused(error, reason, bool(error.places) and not isinstance(error, HistoryError))
        return (*files, *notes.all(request.messages))
