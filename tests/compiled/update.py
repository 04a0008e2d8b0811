"""Writes the golden files again, after a change of a dialect or of the compiler that was meant:

    python tests/compiled/update.py

Then read the difference: it is what the change does to the generated code.
"""

from __future__ import annotations

from pathlib import Path

from ai_lib_python._compile.program import Program
from ai_lib_python._manifest.load import load

DIALECTS = ("anthropic-messages", "cohere-v2", "gemini-generate", "openai-chat")
FOLDER = Path(__file__).parent


def golden_file(dialect: str) -> Path:
    return FOLDER / f"{dialect}.py.txt"


def generated(dialect: str) -> str:
    """The source of all functions of a dialect, as it is generated now."""
    return Program(load(dialect)).source()


def main() -> None:
    for dialect in DIALECTS:
        golden_file(dialect).write_bytes(generated(dialect).encode())


if __name__ == "__main__":
    main()
