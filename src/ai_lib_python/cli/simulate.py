"""``ai-lib simulate``: a local server that answers in every wire format."""

from __future__ import annotations

import asyncio
import errno
import sys
from argparse import Namespace

from ..simulator import FaultMix, Simulator
from .catalogue import dialects
from .failures import UsageError
from .output import bold, dim, say, table
from .script import read_script

__all__ = ["run"]


def run(args: Namespace) -> int:
    """Serves until Ctrl-C, which is the way to end it and so no failure."""
    answers = read_script(args.script) if args.script else []
    # Nobody here asks for the requests, so none is kept.
    strict = not args.lenient
    faults = None if args.faults is None else FaultMix(args.faults)
    times = {"delay": args.delay, "pace": args.pace}
    simulator = Simulator(answers, **times, port=args.port, keep=0, strict=strict, faults=faults)
    try:
        asyncio.run(_serve(simulator, args.port))
    except KeyboardInterrupt:
        say()
    return 0


async def _serve(simulator: Simulator, port: int) -> None:
    try:
        await simulator.start()
    except OSError as error:
        raise UsageError(_why_not(port, error)) from error
    try:
        _say_where(simulator)
        await asyncio.Event().wait()
    finally:
        await simulator.stop()


def _why_not(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use already; --port 0 takes a free one"
    return f"cannot listen on port {port}: {error.strerror or error}"


def _say_where(simulator: Simulator) -> None:
    """The address, and for each wire format the one to give to a client of that format."""
    ids = dialects()
    say(f"The simulator listens at {bold(simulator.url)}; any key will do. Ctrl-C ends it.")
    say()
    say("Base URL for clients and SDKs of each wire format:")
    table([(f"  {id}", simulator.address(id)) for id in ids])
    say()
    say("With this library:")
    say(f'  AiClient.create("simulator/{ids[0]}", base_url="{simulator.address(ids[0])}")')
    say(dim("It echoes, calls the first tool, fills JSON schemas; --script FILE tells it what to say."))
    sys.stdout.flush()  # whoever started this as a process reads the address through a pipe
