"""The callers of other models that stand in for one, made when they are first wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .falling import Route

if TYPE_CHECKING:
    from .account import Account
    from .caller import Caller


class Relatives:
    """What stands in for a caller. They count into its totals and its budget, and are closed with it."""

    def __init__(self, connect: Callable[[str], tuple[Caller, str]], account: Account) -> None:
        """``connect`` makes the caller of a model, with the options that are no one provider's."""
        self._connect = connect
        self._account = account
        self._known: dict[str, Route] = {}

    def route(self, model: str) -> Route:
        """The way to ``"provider/model"``; always the same one.

        Raises:
            ConfigurationError: there is no such provider, or it is not to be spoken to.
        """
        known = self._known.get(model)
        if known is None:
            caller, name = self._connect(model)
            caller.account = self._account
            known = self._known[model] = Route(caller, name)
        return known

    async def aclose(self) -> None:
        """Closes the connections of all."""
        for route in self._known.values():
            await route.caller.aclose()
