"""What the documents say of the language is so: each block of YAML is tried, each table held to the code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ai_lib_python import AiClient, ContentBlock, Message, ToolCall
from ai_lib_python._compile.context import Context
from ai_lib_python._compile.decode import COUNTS
from ai_lib_python._compile.events import EVENTS, STATEMENTS
from ai_lib_python._compile.filters import FILTERS
from ai_lib_python._compile.parameters import _RULES as RULE_WORDS
from ai_lib_python._compile.paths import write_expression
from ai_lib_python._compile.program import Program
from ai_lib_python._compile.scope import PART_KINDS, RECORDS, WIRE, Ref, Scope
from ai_lib_python._compile.serve import STREAM_EVENTS
from ai_lib_python._compile.values import OPERATORS
from ai_lib_python._compile.writer import compile_function
from ai_lib_python._manifest.check import schema
from ai_lib_python._manifest.load import load_file
from ai_lib_python._manifest.manifest import Manifest
from ai_lib_python._manifest.yaml_source import parse
from ai_lib_python._wire.framings import FRAMINGS
from ai_lib_python.cli import main
from ai_lib_python.errors import REMOTE_ERRORS, Overloaded, UnsupportedError
from ai_lib_python.request import PARAMETERS
from ai_lib_python.simulator import Simulator

from .conftest import Answer, Scripted, manifest_of

ROOT = Path(__file__).parents[2]
LANGUAGE = ROOT / "docs" / "manifest-language.md"
DOCUMENTS = [LANGUAGE, ROOT / "CONTRIBUTING.md"]


class Block(NamedTuple):
    """A fenced block of YAML; ``yaml manifest`` marks one that is a manifest by itself."""

    place: str
    text: str
    is_manifest: bool


def blocks() -> Iterator[Block]:
    for path in DOCUMENTS:
        text = path.read_text("utf-8")
        for match in re.finditer(r"^```yaml( manifest)?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            line = text.count("\n", 0, match.start()) + 1
            yield Block(f"{path.name}:{line}", match.group(2), match.group(1) is not None)


MANIFESTS = [block for block in blocks() if block.is_manifest]
PIECES = [block for block in blocks() if not block.is_manifest]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with every manifest of the documents under its own name."""
    for block in MANIFESTS:
        (tmp_path / f"{parse(block.text, block.place).data['id']}.yaml").write_text(block.text, "utf-8")
    return tmp_path


def compiles(manifest: Manifest) -> None:
    """Writes and compiles every function, for each entry of ``models`` too."""
    patterns = [entry["match"] for entry in manifest.data.get("models", ())]
    globs = [glob for pattern in patterns for glob in ([pattern] if isinstance(pattern, str) else pattern)]
    for variant in [manifest, *(manifest.for_model(glob) for glob in globs)]:
        compile(Program(variant).source(), "documents", "exec")


def test_there_are_blocks() -> None:
    assert len(MANIFESTS) >= 5
    assert len(PIECES) >= 8
    ids = [parse(block.text, block.place).data["id"] for block in MANIFESTS]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("block", MANIFESTS, ids=lambda block: block.place)
def test_a_manifest_in_the_documents_is_fine(block: Block, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / f"{parse(block.text, block.place).data['id']}.yaml"
    assert main(["manifest", "check", str(path)]) == 0, capsys.readouterr().out
    compiles(load_file(path))


@pytest.mark.parametrize("block", MANIFESTS, ids=lambda block: block.place)
async def test_a_manifest_in_the_documents_makes_requests(block: Block, folder: Path) -> None:
    data = parse(block.text, block.place).data
    if data.get("kind") == "dialect":
        return
    client = await AiClient.create(f"{data['id']}/m-1", manifest_dir=folder)
    assert client.chat().system("Be brief.").user("Hello").preview().body


async def test_the_first_example_says_all_of_a_conversation_or_refuses(folder: Path) -> None:
    client = await AiClient.create("parrot/m-1", manifest_dir=folder)
    chat = client.chat().system("Be brief.").user("A").user(["B", "C"])
    assert chat.preview().body["said"] == [{"by": "person", "words": "A"}, {"by": "person", "words": "BC"}]
    picture = ContentBlock.image_base64("AAAA", "image/png")
    for message in (Message.user(["A", picture]), Message.assistant("A", tool_calls=[ToolCall("1", "add")])):
        with pytest.raises(UnsupportedError):
            client.chat().messages([message]).preview()


@pytest.mark.parametrize("block", PIECES, ids=lambda block: block.place)
def test_a_piece_of_a_manifest_compiles(block: Block) -> None:
    compiles(load_file(manifest_of(block.text)))


@pytest.mark.parametrize("block", MANIFESTS, ids=lambda block: block.place)
async def test_what_can_be_simulated_chats_and_streams(
    block: Block, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_LIB_MANIFESTS", str(folder))
    data = parse(block.text, block.place).data
    if data.get("kind") == "dialect" or "serve" not in load_file(folder / f"{data['id']}.yaml").data:
        return
    async with (
        Simulator() as simulator,
        await AiClient.create(f"{data['id']}/m-1", base_url=simulator.address(data["id"]), api_key="any") as client,
    ):
        response = await client.chat().user("Hello").execute()
        texts = [text async for text in client.chat().user("Hello").stream_text()]
    assert response.content == "".join(texts) == "You said: Hello"
    assert response.finish_reason == "stop"


async def test_the_dialect_of_the_document_reads_an_error_in_an_answer(folder: Path) -> None:
    transport = Scripted(Answer({"error": {"message": "a storm is on", "code": "storm"}}))
    client = await AiClient.create(
        "lighthouse/l-1", manifest_dir=folder, api_key="any", transport=transport, max_retries=0
    )
    with pytest.raises(Overloaded, match="a storm is on"):
        await client.chat().user("Hello").execute()


# The tables


def test_the_overlay_of_the_document_does_what_it_says(folder: Path) -> None:
    before, after = load_file(folder / "acme.yaml").data, load_file(folder / "acme-pictures.yaml").data
    cases = after["fragments"]["part"]["$case"]
    assert set(before["fragments"]["part"]["$case"]) - set(cases) == {"audio_base64"}
    assert cases["image_url"] == {"type": "picture", "href": ".url"}
    assert cases["text"] == before["fragments"]["part"]["$case"]["text"]
    assert "stop" not in after["parameters"]
    assert after["parameters"]["temperature"] == {**before["parameters"]["temperature"], "max": 1.5}


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table below a line of the document, without its head."""
    text = LANGUAGE.read_text("utf-8")
    lines = iter(text[text.index(heading) + len(heading) :].splitlines()[1:])
    table = []
    for line in lines:
        if line.startswith("|"):
            cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
            table.append([cell.strip().replace("\\|", "|").strip("`") for cell in cells])
        elif table:
            break
    return table[1:]


def words(heading: str) -> set[str]:
    """All the words in code style of the first column."""
    return {word for row in rows(heading) for word in re.findall(r"[\w$.{]+", row[0].replace("`", " "))}


FILTER_ROWS = rows("| filter | example | of | gives |")


def test_every_filter_has_an_example() -> None:
    assert [row[0] for row in FILTER_ROWS] == list(FILTERS)


@pytest.mark.parametrize("row", FILTER_ROWS, ids=lambda row: row[0])
def test_the_example_of_a_filter_gives_what_it_says(row: list[str]) -> None:
    _, expression, item, result = row
    context = Context(load_file(manifest_of("")), {}, "documents")
    with context.writer.block("def read(item):"):
        ref = write_expression(context, Scope(Ref("item", WIRE, True), {}), expression)
        context.writer.line(f"return {ref.code}")
    assert compile_function(context.writer, "read", "documents")(json.loads(item)) == json.loads(result)


def test_every_event_is_listed_with_what_it_carries() -> None:
    listed = {row[0]: tuple(re.findall(r"\w+", row[1])) for row in rows("| event | carries | what it tells |")}
    assert listed == EVENTS


def test_every_kind_of_part_is_listed_with_its_fields() -> None:
    listed: dict[str, set[str]] = {}
    for kinds, fields, *_ in rows("| kind of part | its fields |"):
        named = set(re.findall(r"`?(\w+)`?(?:,|$| \()", fields.partition(":")[0]))
        listed |= dict.fromkeys(re.findall(r"\w+", kinds), named)
    assert set(listed) == set(PART_KINDS)
    for kind, named in listed.items():
        assert named <= set(RECORDS[f"part:{kind}"]), kind


def properties(*path: str) -> set[str]:
    node: Any = schema()["properties"] if path[:1] == ("",) else schema()["$defs"]
    for key in path:
        node = node[key] if key else node
    return set(node["properties"]) if path[:1] != ("",) else set(node)


def test_every_key_is_in_a_table() -> None:
    assert words("| key | what it says |") == properties("")
    assert words("| key of `request` | what it says |") == properties("request")
    assert words("| key of `request.turns` | values |") == set(
        schema()["$defs"]["request"]["properties"]["turns"]["properties"]
    )
    assert words("| key of `stream` | values |") == properties("stream") - {"steps"}
    assert words("| key of `serve` | what it says | in reach |") == properties("serve")
    beside = {"adds", "cost", "cost_unit", "zeros"}
    assert words("| count | what the wire counts |") | beside == properties("usage") == {*COUNTS, *beside}
    assert words("| key of `prices` | what it says |") == properties("prices")


def test_every_word_of_a_parameters_rule_is_told() -> None:
    text = LANGUAGE.read_text("utf-8")
    listed = words("| word | what it does | told as |")
    assert listed >= set(RULE_WORDS)
    assert all(f"`{word}`" in text for word in properties("parameter"))
    assert all(f"`{name}`" in text for name in PARAMETERS)


def test_the_rules_are_listed_in_the_order_in_which_they_are_applied() -> None:
    listed = [
        word
        for row in rows("| word | what it does | told as |")
        for word in re.findall(r"\w+", row[0])
        if word in RULE_WORDS
    ]
    assert listed == list(RULE_WORDS)


def test_nothing_else_is_left_out() -> None:
    text = LANGUAGE.read_text("utf-8")
    names = [*REMOTE_ERRORS, *STREAM_EVENTS, *FRAMINGS, *schema()["$defs"]["authScheme"]["properties"]]
    assert [name for name in names if f"`{name}`" not in text] == []
    operators = {word for row in rows("| operator | what it builds |") for word in re.findall(r"\$\w+", row[0])}
    assert operators >= set(OPERATORS) >= set(STATEMENTS)
    assert [name for name in STATEMENTS if f"`{name}`" not in text] == []
