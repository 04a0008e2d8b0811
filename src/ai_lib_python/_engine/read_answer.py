"""A whole body to a response. Sans-IO."""

from __future__ import annotations

from typing import Any

from .._compile.filters import Unreadable, ends_within_a_character
from ..errors import AiLibError, RemoteError
from ..response import ChatResponse
from .assemble import Assembler, ErrorInAnswer
from .failures import error_in_answer, malformed, parse_body
from .prepare import Prepared

HALF = "a text that ends within a character"


def read_answer(
    prepared: Prepared, status: int, headers: dict[str, str], body: bytes
) -> tuple[ChatResponse, Assembler]:
    """The response that a body holds, and what else was found in it.

    Raises:
        MalformedResponse: it is not JSON where that was expected, or nothing in it is an answer.
        RemoteError: it is an error under a status that says otherwise.
    """
    data = body.decode(errors="replace") if prepared.program.answers_in_text else parse_body(body)
    if data is None:
        raise malformed(prepared, status, body, "a body that is no JSON")
    program, origin = prepared.program, prepared.manifest.origin
    sink = Assembler(program.finish, origin, None, program.tags, prepared.messages)
    failure = _read(prepared, headers, sink, data)
    if isinstance(failure, AiLibError):
        raise failure
    if failure is None and sink.found_nothing:
        failure = "JSON that is no answer"
    if failure is not None:
        raise malformed(prepared, status, body, failure)
    sink.close()
    return sink.response(prepared.manifest.id, adjustments=prepared.adjustments, raw=data), sink


def _read(prepared: Prepared, headers: dict[str, str], sink: Assembler, data: Any) -> RemoteError | str | None:
    """Fills the sink, and says what cannot be read of it.

    An error in the answer is given and not raised here, where it would drag the data along.
    """
    try:
        prepared.program.read_response(sink, data, None, headers)
    except ErrorInAnswer as error:
        return error_in_answer(prepared, headers, error.data)
    except Unreadable as error:
        return str(error)
    return HALF if ends_within_a_character(sink) else None
