"""All providers as one page of Markdown: what ``docs/providers.md`` holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from .._engine.keys import key_variables
from .._manifest import folders
from .._manifest.load import load
from .._manifest.manifest import Manifest, globs_of
from .page import about, address, apis, keys
from .rules import grouped, parameter_rows

__all__ = ["page"]

HEAD = """\
# Providers

Made from the manifests by `ai-lib providers --markdown`; a test holds it to them. What a provider says otherwise than
its dialect, the wire format that it speaks, stands in its own section; all else is in the dialect's table at the end.
`ai-lib providers show ID` prints the same for one, with everything inherited."""

PIPE = "\\|"


def page() -> str:
    """The page of the bundled providers, whatever folders and keys the user has."""
    providers = [load(path.stem) for path in folders.bundled_providers()]
    parts = [HEAD, _counts(providers), "\n".join(_overview(providers))]
    parts += ["\n".join(_provider(manifest)) for manifest in providers]
    parts.append("# Dialects")
    parts += ["\n".join(_dialect(load(path.stem))) for path in folders.bundled_dialects()]
    return "\n\n".join(parts) + "\n"


def _counts(providers: Sequence[Manifest]) -> str:
    states = Counter(manifest.status.state for manifest in providers)
    listed = ", ".join(f"{count} {state}" for state, count in states.most_common())
    return f"{len(providers)} providers: {listed}."


def _overview(providers: Sequence[Manifest]) -> Iterator[str]:
    yield from _table_head("id", "name", "status", "dialect", "other APIs", "key variables")
    for manifest in providers:
        yield _row(
            f"[{manifest.id}](#{manifest.id})",
            manifest.name,
            manifest.status.state,
            manifest.dialect if manifest.has_chat else "",
            ", ".join(manifest.other_apis),
            ", ".join(key_variables(manifest)),
        )


def _provider(manifest: Manifest) -> Iterator[str]:
    yield f"## {manifest.id}"
    yield ""
    yield f"**{manifest.name}**"
    yield ""
    for title, lines in (
        ("", about(manifest)),
        ("address: ", address(manifest, str)),
        ("key: ", keys(manifest, str)),
        ("API ", apis(manifest)),
    ):
        yield from (f"- {title}{' '.join(line.split())}" for line in lines)
    models = manifest.data.get("examples")
    if models:
        yield f"- for example {', '.join(f'`{model}`' for model in models)}"
    if manifest.has_chat:
        yield from _differences(manifest)
        yield from _model_rules(manifest)


def _differences(manifest: Manifest) -> Iterator[str]:
    """The parameters that are otherwise than in the dialect."""
    usual = set(parameter_rows(load(manifest.dialect))) if manifest.dialect != manifest.id else set()
    other = [row for row in parameter_rows(manifest) if row not in usual]
    if other:
        yield ""
        yield from _table_head("parameter", "on the wire", "values")
        yield from (_row(*row) for row in other)


def _model_rules(manifest: Manifest) -> Iterator[str]:
    entries = [entry for entry in manifest.data.get("models") or () if _told(entry)]
    if not entries:
        return
    yield ""
    yield "Rules of some models, of which the first that matches holds:"
    yield ""
    for entry in entries:
        yield f"- {', '.join(f'`{glob}`' for glob in globs_of(entry))}: {'; '.join(_told(entry))}"


def _told(entry: dict[str, object]) -> list[str]:
    told = [f"gone from {entry['sunset']}"] if entry.get("sunset") else []
    if entry.get("replacement"):
        told.append(f"{entry['replacement']} takes its place")
    rules = entry.get("parameters")
    groups = grouped(rules) if isinstance(rules, dict) else {}
    return told + [f"{', '.join(names)} {words}" for words, names in groups.items()]


def _dialect(manifest: Manifest) -> Iterator[str]:
    yield f"## {manifest.id}"
    yield ""
    yield f"**{manifest.name}**"
    if manifest.data.get("docs"):
        yield ""
        yield str(manifest.data["docs"])
    yield ""
    yield from _table_head("parameter", "on the wire", "values")
    yield from (_row(*row) for row in parameter_rows(manifest))


def _table_head(*titles: str) -> Iterator[str]:
    yield _row(*titles)
    yield "|" + "---|" * len(titles)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", PIPE) for cell in cells) + " |"
