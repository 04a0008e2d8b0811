"""The ``ai-lib`` command.

Exit codes: 0 it worked; 1 the call failed, or something was found wrong; 2 wrong usage or configuration;
130 interrupted. People's mistakes get a line, not a traceback; ``--debug`` shows it all the same.

A module a command: ``chat``, ``demo``, ``simulate``, ``providers``, ``models``, ``keys``, ``manifest``; each is
imported when it is asked for. ``arguments`` says what may be typed, ``failures`` what went wrong, ``output`` prints.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

OK = 0
FAILED = 1
WRONG_USAGE = 2
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and gives its exit code.

    Args:
        argv: what was typed after ``ai-lib``; None takes the arguments of this process.
    """
    from .arguments import parse

    try:
        _be_lenient()
        args = parse(argv)
        return _flushed(args.run(args))
    except SystemExit as ended:  # argparse has told why
        return ended.code if isinstance(ended.code, int) else WRONG_USAGE
    except BrokenPipeError:
        return _reader_left()
    except KeyboardInterrupt:
        return _interrupted()
    except Exception as error:
        if "--debug" in (sys.argv[1:] if argv is None else argv):
            raise
        return _told(error)


def _be_lenient() -> None:
    """A character that the terminal does not have is shown as ``?``; it does not end the answer."""
    from io import TextIOWrapper

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _flushed(code: int) -> int:
    sys.stdout.flush()
    return code


def _reader_left() -> int:
    """``ai-lib providers | head -1``: whoever reads has enough; Python must not flush into the pipe later."""
    import os
    from contextlib import suppress

    with suppress(OSError, ValueError):  # standard output may be no file at all
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return OK


def _interrupted() -> int:
    print(file=sys.stderr)
    return INTERRUPTED


def _told(error: Exception) -> int:
    """Says what went wrong, if it is something that people can put right; a fault of ours is raised."""
    from .failures import code_of, in_words

    code = code_of(error)
    if code is None:
        raise error
    sys.stdout.flush()
    print(f"ai-lib: {in_words(error)}", file=sys.stderr)
    return code
