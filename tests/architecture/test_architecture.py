"""The architecture, executable: each rule with a sentence of why."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "ai_lib_python"
MODULES = sorted(SOURCE.rglob("*.py"))

LAYERS = [
    {
        "attachments",
        "errors",
        "fallback",
        "capabilities",
        "message",
        "message_json",
        "tools",
        "response",
        "retries",
        "timeouts",
        "limits",
        "money",
        "events",
        "request",
        "preview",
        "validate",
        "warnings",
        "_forks",
        "_globs",
        "_media_types",
        "_moments",
        "_placeholders",
        "_plain",
        "_spelling",
        "_structs",
        "_types",
        "function_tools",
        "_version",
    },
    {"_manifest", "_wire", "_compile"},
    {"_engine"},
    {"chat", "client", "conversation", "portability", "request_parts", "typed"},
    {"simulator", "sync", "testing"},
    {"cli", "__main__"},
]
"""From the values at the bottom to the command at the top. Nothing imports from a layer above its own."""

SIDEWAYS = {
    ("events", "response"), ("response", "message"), ("request", "message"), ("request", "tools"),
    ("preview", "response"), ("preview", "money"), ("response", "money"), ("request", "money"),
    ("money", "message"), ("money", "response"), ("money", "request"), ("money", "errors"), ("money", "validate"),
    ("money", "_globs"), ("money", "_forks"), ("_structs", "_forks"),
    ("message", "_plain"), ("validate", "_plain"), ("_types", "_plain"), ("money", "_plain"),
    ("validate", "_structs"), ("message_json", "_structs"), ("_types", "_structs"),
    ("retries", "validate"), ("timeouts", "validate"), ("errors", "response"),
    ("limits", "errors"), ("limits", "_forks"), ("limits", "validate"), ("limits", "response"),
    ("response", "limits"), ("errors", "limits"),
    ("fallback", "errors"), ("fallback", "validate"), ("fallback", "_spelling"), ("request_parts", "client"),
    ("validate", "message"), ("validate", "tools"), ("client", "chat"),
    ("chat", "request_parts"), ("chat", "typed"), ("typed", "request_parts"), ("client", "conversation"),
    ("conversation", "chat"), ("conversation", "client"), ("conversation", "request_parts"),
    ("portability", "chat"),
    ("message_json", "message"), ("message_json", "validate"), ("message_json", "_spelling"),
    ("testing", "simulator"),
    ("__main__", "cli"), ("_placeholders", "errors"),
    ("attachments", "_media_types"), ("attachments", "message"), ("message", "attachments"),
    ("function_tools", "_types"), ("function_tools", "tools"), ("validate", "function_tools"),
}  # fmt: skip
"""Imports within a layer that are meant. Those of a package inside itself are free."""

UPWARDS = {("_engine", "simulator")}
"""`simulator/<dialect>` is a model's name, so connecting may have to start the simulator. It is imported then only."""

OWNERS = {
    "aiohttp": {"_wire/aiohttp_transport.py", "simulator/server.py", "simulator/sending.py"},
    "keyring": {"_engine/keyring_keys.py"},
    "yaml": {"_manifest/yaml_source.py"},
    "genai_prices": {"money/catalogue.py"},
}
"""One owner for each outside library that does input or output, so that it can be exchanged in one place."""

VENDOR_WORDS = (
    "openai|anthropic|claude|gemini|deepseek|cohere|groq|mistral|openrouter|azure|ollama|bedrock|replicate|moonshot|"
    "kimi|zhipu|qwen|dashscope|hunyuan|doubao|baidu|ernie|minimax|perplexity|together_?ai|fireworks|cerebras|"
    "huggingface|nvidia|siliconflow|databricks|snowflake|cloudflare|heroku|sambanova|novita|nebius|hyperbolic|baichuan|sensenova|iflytek|lmstudio|vllm|llamacpp|vertex|\\bxai\\b|\\bgrok|gpt-\\d|"
    "tool_use|stop_reason|generationConfig|finishReason|functionCall|max_completion_tokens"
)

ENGLISH = {"fireworks", "meta", "replicate", "spark", "together", "writer"}
"""Ids that are words of the language, too: a variable may be called so."""


def package_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """The first-level modules of this package that a file imports, at any depth of its code."""
    depth = len(path.relative_to(SOURCE).parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == depth:
            names = [node.module] if node.module else [alias.name for alias in node.names]
            yield from ((node.lineno, name.split(".")[0]) for name in names if name)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("ai_lib_python."):
            yield node.lineno, node.module.split(".")[1]


def layer_of(package: str) -> int:
    return next(index for index, layer in enumerate(LAYERS) if package in layer)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_downwards(path: Path) -> None:
    """A value must not know the engine, nor the engine the command: else nothing can be exchanged or tested alone."""
    package = package_of(path)
    if package == "__init__":
        return
    for line, target in imports_of(path):
        if target == package or (package, target) in SIDEWAYS | UPWARDS:
            continue
        assert layer_of(target) < layer_of(package), f"{path.name}:{line}: {package} imports {target}"


@pytest.mark.parametrize("library", OWNERS)
def test_each_outside_library_has_one_owner(library: str) -> None:
    """What does input or output is imported in one module, so that its errors are mapped there too."""
    pattern = re.compile(rf"^\s*(import|from) {library}\b", re.MULTILINE)
    users = {str(path.relative_to(SOURCE)) for path in MODULES if pattern.search(path.read_text())}
    assert users <= OWNERS[library]


def code_tokens(path: Path) -> Iterator[tuple[int, str]]:
    """Names and strings of a file, without comments and docstrings."""
    text = path.read_text()
    documentation: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else ():
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                documentation.update(range(statement.lineno, (statement.end_lineno or 0) + 1))
    wanted = {tokenize.NAME, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", -1)}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in wanted and token.start[0] not in documentation:
            yield token.start[0], token.string


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_provider_no_dialect_and_no_vendors_field_is_named_in_python(path: Path) -> None:
    """Providers are data: whoever adds one must never have to touch, or read, Python."""
    manifests = {
        file.stem for folder in ("providers", "dialects") for file in (SOURCE / "manifests" / folder).glob("*")
    }
    # An id counts where it stands alone in a text, or before a slash; as a name, unless it is an English word.
    ids = "|".join(map(re.escape, sorted(manifests)))
    texts = re.compile(f"(?i)({VENDOR_WORDS})|^[a-z]*[\"']+({ids})([\"'/]|$)")
    names = re.compile(f"(?i)({VENDOR_WORDS})|^_?({'|'.join(map(re.escape, sorted(manifests - ENGLISH)))})_?$")
    found = [
        f"{path.name}:{line}: {text}"
        for line, text in code_tokens(path)
        if (names if text.isidentifier() else texts).search(text)
    ]
    assert not found


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_a_bare_import_loads_neither_http_nor_yaml_nor_the_compiler() -> None:
    """Whoever only imports the client pays for nothing that they did not ask for."""
    loaded = run("import sys; from ai_lib_python import AiClient; print(*sys.modules)").split()
    heavy = [
        name for name in loaded if re.match(r"aiohttp|yaml|asyncio|ssl|ai_lib_python\.(_compile|_wire|_manifest)", name)
    ]
    assert heavy == []


def test_creating_a_client_touches_no_network_and_no_http_library() -> None:
    """A program must start on a plane."""
    code = """
import asyncio, socket, sys
from ai_lib_python import AiClient
async def main():
    def refuse(*_, **__): raise AssertionError("the network was touched")
    socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
    client = await AiClient.create("openai/gpt-4o", api_key="k")
    client.chat().user("Hello").preview()
    print(client.provider, "aiohttp" in sys.modules)
asyncio.run(main())
"""
    assert run(code).split() == ["openai", "False"]


def test_what_is_off_is_not_loaded() -> None:
    """A call that succeeds at once pays for nothing that other calls need."""
    code = """
import asyncio, sys
from ai_lib_python import AiClient
from ai_lib_python.testing import ScriptedTransport
ANSWER = {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}
FRAMES = b'data: {"choices": [{"delta": {"content": "Hello"}, "finish_reason": "stop"}]}\\n\\ndata: [DONE]\\n\\n'
async def main():
    client = await AiClient.create("openai/gpt-4o", api_key="k", transport=ScriptedTransport(ANSWER, FRAMES))
    response = await client.chat().user("Hello").execute()
    streamed = "".join([text async for text in client.chat().user("Hello").stream_text()])
    assert (response.content, streamed) == ("Hello", "Hello")
    print(*sys.modules)
asyncio.run(main())
"""
    loaded = set(run(code).split())
    of_some = ["attempts", "falling", "fallback_caller", "fallback_stream", "relatives", "limiting", "files"]
    assert loaded.isdisjoint(f"ai_lib_python._engine.{name}" for name in of_some)
    assert loaded.isdisjoint({"ai_lib_python.limits.gate", "ai_lib_python.limits.store", "genai_prices", "keyring"})


def test_only_the_manifest_that_is_needed_is_compiled_and_only_as_far_as_it_is_used() -> None:
    """Compiling is lazy, function by function."""
    code = """
import asyncio, linecache
from ai_lib_python import AiClient
async def main():
    client = await AiClient.create("openai/gpt-4o", api_key="k")
    before = [name for name in linecache.cache if name.startswith("<ai-lib")]
    client.chat().user("Hello").preview()
    print(len(before), *[name.split()[1:3] for name in linecache.cache if name.startswith("<ai-lib")])
asyncio.run(main())
"""
    assert run(code).strip() == "0 ['openai', 'route'] ['openai', 'encode']"
