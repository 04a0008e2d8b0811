"""What may be typed. Nothing of the library is imported before it is known which command runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

__all__ = ["parse"]

Commands = Any
"""What ``add_subparsers`` gives; argparse has no public name for it."""

HIGHEST_PORT = 65535

EPILOG = """\
environment:
  AI_LIB_MODEL       the model of `chat`, as provider/model
  AI_LIB_MANIFESTS   folders with manifests of your own
  NO_COLOR           plain output
  Keys are read from each provider's own variables (see `ai-lib providers`), then from the keyring (`ai-lib keys`).

start here:
  ai-lib demo                     the whole guide, on every wire format, without a key
  ai-lib chat "What is a monad?"  an answer; a simulated one while no key is set
"""


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments; ``run`` is the function to call with them.

    Raises:
        SystemExit: with 0 after ``--help`` and ``--version``, with 2 for what cannot be understood.
    """
    parser = _parser()
    args = parser.parse_args(argv)
    if not hasattr(args, "run"):
        parser.print_help()
        raise SystemExit(0)
    return args


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ai-lib",
        description="One chat client for every model provider.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[_common()],
    )
    parser.add_argument("--version", action=_Version)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for add in (_add_chat, _add_demo, _add_simulate, _add_providers, _add_models, _add_keys, _add_manifest):
        add(commands)
    return parser


def _common() -> argparse.ArgumentParser:
    """What every command takes."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help="show the traceback of an error"
    )
    return common


class _Version(argparse.Action):
    """Prints the version, which is read only then."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, dest=argparse.SUPPRESS, nargs=0, help="print the version")

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from .._version import __version__

        print(f"ai-lib {__version__}")
        raise SystemExit(0)


def _command(commands: Commands, name: str, run: str, help: str, **more: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=help, description=more.pop("description", help), parents=[_common()], **more
    )
    parser.set_defaults(run=_late(run))
    return parser


def _late(where: str) -> Callable[[argparse.Namespace], int]:
    """The function at ``module:name``, imported when it is called."""

    def run(args: argparse.Namespace) -> int:
        module, _, name = where.partition(":")
        code: int = getattr(import_module(f".{module}", __package__), name)(args)
        return code

    return run


def _add_chat(commands: Commands) -> None:
    chat = _command(
        commands,
        "chat",
        "chat:run",
        "ask a model",
        description="Asks a model and prints its answer as it comes. "
        "Text that is piped in is added after the question: git diff | ai-lib chat 'review this'",
    )
    chat.add_argument("question", nargs="?", help="what to ask; - or nothing reads standard input")
    chat.add_argument(
        "-m",
        "--model",
        metavar="PROVIDER/MODEL",
        help="default: AI_LIB_MODEL, else the first provider with a key",
    )
    chat.add_argument("-s", "--system", metavar="TEXT", help="instructions for the model")
    chat.add_argument("--temperature", type=float, metavar="X", help="randomness, 0 to 2")
    chat.add_argument("--top-p", type=float, metavar="X", help="nucleus sampling, 0 to 1")
    chat.add_argument("--max-tokens", type=int, metavar="N", help="the most tokens to generate")
    chat.add_argument("--stop", action="append", metavar="TEXT", help="end the answer there; may be given again")
    chat.add_argument("--timeout", type=float, metavar="SECONDS", help="for the whole call, retries with it")
    chat.add_argument("--max-retries", type=int, metavar="N", help="how often to try again; default: 2")
    chat.add_argument(
        "--fallback",
        action="append",
        metavar="PROVIDER/MODEL",
        help="whom to ask where the model fails; may be given again",
    )
    chat.add_argument("--stats", action="store_true", help="tokens and times, on standard error")
    chat.add_argument("--json", action="store_true", help="one JSON object with everything")
    chat.add_argument("--no-stream", action="store_true", help="wait for the whole answer")
    chat.add_argument("--api", metavar="NAME", help="which of the provider's APIs, such as responses")
    _add_address(chat)


def _add_address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base-url", metavar="URL", help="another address of the provider's API")
    parser.add_argument("--api-key-env", metavar="NAME", help="the environment variable that holds the key")


def _add_demo(commands: Commands) -> None:
    demo = _command(
        commands,
        "demo",
        "demo:run",
        "the whole guide on every wire format, without a key",
        description="Walks through the guide over real HTTP, against a simulator in this process.",
    )
    demo.add_argument("--dialect", action="append", metavar="ID", help="only this wire format; may be given again")


def _add_simulate(commands: Commands) -> None:
    simulate = _command(
        commands,
        "simulate",
        "simulate:run",
        "a local server that answers in every wire format",
        description="Serves every wire format at once until Ctrl-C. Any key will do.",
    )
    simulate.add_argument("--port", type=_port, default=0, metavar="N", help="default: a free one")
    simulate.add_argument("--delay", type=_seconds, default=0.0, metavar="SECONDS", help="to wait before each answer")
    simulate.add_argument(
        "--pace", type=_seconds, default=0.0, metavar="SECONDS", help="between the pieces of a stream"
    )
    simulate.add_argument("--lenient", action="store_true", help="take fields and orders that the real API refuses")
    simulate.add_argument("--faults", type=int, metavar="SEED", help="let something go wrong with each answer")
    simulate.add_argument("--script", metavar="FILE", help="a JSON list of the answers to give, in order")


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {HIGHEST_PORT}, got {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"expected seconds, got {text!r}")
    return seconds


def _add_providers(commands: Commands) -> None:
    listing = _command(commands, "providers", "providers:run", "the providers, and which have a key")
    listing.add_argument("--json", action="store_true", help="as a JSON list")
    listing.add_argument("--markdown", action="store_true", help="all that is known of the bundled ones, as one page")
    inner = listing.add_subparsers(metavar="COMMAND")
    show = _command(inner, "show", "providers:run_show", "everything needed to start with one of them")
    show.add_argument("id", metavar="ID", help="a provider's id")


def _add_models(commands: Commands) -> None:
    models = _command(commands, "models", "models:run", "the models that a provider says it has")
    models.add_argument("id", metavar="PROVIDER", help="a provider's id")
    models.add_argument("--details", action="store_true", help="with sizes in tokens, where the provider tells them")
    models.add_argument("--json", action="store_true", help="as a JSON list")
    models.add_argument("--timeout", type=float, default=30.0, metavar="SECONDS", help="default: 30")
    _add_address(models)


def _add_keys(commands: Commands) -> None:
    keys = _command(commands, "keys", "keys:run_list", "keys in the keyring of this system")
    inner = keys.add_subparsers(metavar="COMMAND", required=True)
    keep = _command(inner, "set", "keys:run_set", "keep a provider's key: it is asked for, or read from a pipe")
    remove = _command(inner, "remove", "keys:run_remove", "take a provider's key out of the keyring")
    for parser in (keep, remove):
        parser.add_argument("id", metavar="PROVIDER", help="a provider's id")
    keep.add_argument(
        "surplus", nargs=argparse.REMAINDER, help=argparse.SUPPRESS
    )  # so that a key that is typed here is not repeated
    listing = _command(inner, "list", "keys:run_list", "the providers that have a key, and where it comes from")
    listing.add_argument("--json", action="store_true", help="as a JSON list")


def _add_manifest(commands: Commands) -> None:
    manifest = _command(commands, "manifest", "manifest:run", "check, show and compile manifests")
    inner = manifest.add_subparsers(metavar="COMMAND", required=True)
    check = _command(inner, "check", "manifest:run_check", "say everything that is wrong with manifest files")
    check.add_argument("files", nargs="+", metavar="FILE")
    show = _command(inner, "show", "manifest:run_show", "print one as YAML, with everything it inherits")
    show.add_argument("--origins", action="store_true", help="say beside each part which file and line it is from")
    compile = _command(inner, "compile", "manifest:run_compile", "print the Python functions made from one")
    for parser in (show, compile):
        parser.add_argument("id", metavar="ID", help="a manifest's id, or a file")
        parser.add_argument("--model", metavar="M", help="with the rules of this model")
        parser.add_argument("--api", metavar="NAME", help="of this one of the provider's APIs")
