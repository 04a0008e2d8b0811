"""The loader of manifests: any text gives a manifest, or a ManifestError that names the file.

An input is the text of a YAML file.
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ai_lib_python._manifest import folders
from ai_lib_python._manifest.load import load_file
from ai_lib_python._manifest.yaml_source import read
from ai_lib_python.errors import ManifestError

LONGEST = 6_000
"""Bytes of a bundled manifest that becomes a seed; the whole dialects are slow to mutate."""

KEYED = "auth: {scheme: bearer, env: [A_API_KEY]}"

ODD = (
    "id: a\nextends: openai-chat\nendpoint: {base_url: 'https://${region}.a.example'}\n" + KEYED,
    "id: a\nname: A\nendpoint: {base_url: https://a.example}\nrequest: {path: /x, body: &b {m: $model, again: *b}}\n",
    "id: a\nextends: a\n",
    "? [1, 2]\n: x\n",
    "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "!!python/object/apply:os.system ['true']\n",
    "id: 0x1F\nname: 1e999\ndocs: 2026-11-23\nnotes: .inf\n",
    "--- a\n--- b\n",
    "id: a\nmodels:\n  - match: '*'\n    parameters: {seed: {refused: no}}\napis: {b: {extends: gemini-generate}}\n",
    "id: a\nextends: openai\nerrors: {texts: {'(a+)+$': overloaded}}\nlimits: {context: -1}\n",
)


def seeds() -> Iterator[bytes]:
    for text in ODD:
        yield text.encode()
    for folder in folders.BUNDLED:
        for path in sorted(folder.glob("*.yaml")):
            if path.stat().st_size <= LONGEST:
                yield path.read_bytes()
                yield json.dumps(read(path).data).encode()  # the same in flow style, where the mutator finds its way


def hold(data: bytes) -> None:
    """Fails where the loader lets out anything but a ManifestError."""
    path = _file()
    path.write_bytes(data)
    try:
        manifest = load_file(path)
        for api in manifest.for_all_apis():
            assert api.id == manifest.id
    except ManifestError as error:
        assert str(error), "an error without a word"  # noqa: PT017  # what else it may raise is for the fuzzer to say


@cache
def _file() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="fuzz-manifests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder / "fuzz.yaml"
