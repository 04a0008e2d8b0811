"""One call as it was asked for: it becomes a request as often as it is tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ..errors import AiLibError
from ..message import holds_files
from ..request import ChatRequest
from ..response import Adjustment, Attempt
from .account import Hold
from .deadlines import Watch, allowed
from .prepare import Prepared, prepare
from .target import Target
from .terms import Terms

if TYPE_CHECKING:
    from ..limits.settings import Limits
    from .attempts import Attempts
    from .caller import Caller


class Order:
    """One call.

    Attributes:
        target: where it goes.
        request: what is asked; of files, as they are sent.
        retries: how often it may be tried again.
        watch: its time, which begins with it.
        limits: what each of its attempts keeps to; None where nothing limits them.
    """

    _has_files_settled = False
    _changed: tuple[Adjustment, ...] = ()
    _fetched: tuple[Adjustment, ...] = ()
    _attempts: Attempts | None = None

    def __init__(self, caller: Caller, target: Target, request: ChatRequest, terms: Terms, *, stream: bool) -> None:
        self.target = target
        self.request = request
        self.retries = terms.retries
        self.watch = Watch(allowed(target.program(request.model)[0], terms.timeouts))
        self.limits = caller.limits
        self._caller = caller
        self._stream = stream

    async def prepared(self) -> Prepared:
        """The request, with a key and a signature of this moment. Files are fetched once, however often it is tried.

        Raises:
            UnsupportedError: the wire, or this provider, does not take it.
            FetchFailed: a file of it could not be had.
            DeadlineExceeded: the call's time was over before.
        """
        watch = self.watch
        watch.about = "the credentials were not there"
        credential = await self.target.credential()
        if not self._has_files_settled and holds_files(self.request.messages):
            await self._settle_files()
        watch.about = None
        prepared = prepare(
            self.target, self.request, stream=self._stream, connect=watch.allowed.connect, credential=credential
        )
        if self._changed:
            prepared = msgspec.structs.replace(prepared, adjustments=(*self._changed, *prepared.adjustments))
        self._caller.tell(self.request, prepared)
        if self._fetched:
            prepared = msgspec.structs.replace(prepared, adjustments=(*self._fetched, *prepared.adjustments))
        return prepared

    async def _settle_files(self) -> None:
        """Files are checked, and fetched where that is wanted."""
        from .files import with_files  # for who has files

        self.watch.about = "the files of the request were not there"
        manifest, program = self.target.program(self.request.model)
        self.request, self._changed, self._fetched = await with_files(
            manifest, program, self.request, self._caller.sender, self.watch, self.retries
        )
        self._has_files_settled = True

    async def entered(self, limits: Limits, prepared: Prepared | None = None) -> tuple[Prepared, Hold]:
        """An attempt whose turn has come, and what is set aside for it; see :func:`.limiting.entered`."""
        from .limiting import entered  # for who limits

        return await entered(self, limits, prepared or await self.prepared())

    def hold(self, prepared: Prepared) -> Hold:
        """Sets aside what an attempt can cost.

        Raises:
            BudgetExceeded: it does not fit.
        """
        return self._caller.account.hold(self.request, prepared)

    def attempts(self) -> Attempts:
        """Who decides whether there is another attempt; for calls that failed. Always the same one."""
        if self._attempts is None:
            from .attempts import Attempts

            self._attempts = Attempts(self.retries, self.watch, self.target.manifest.id, self.request.model)
        return self._attempts

    def given_up(self) -> tuple[Attempt, ...]:
        """Every request of the call, for whose answer nobody waits any more."""
        return self.attempts().given_up()

    def knows(self, error: AiLibError) -> AiLibError:
        """The same error, knowing the call that it belongs to."""
        error.provider = error.provider or self.target.manifest.id
        error.model = error.model or self.request.model
        return error
