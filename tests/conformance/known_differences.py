"""Rows on which the client and the reading of the bytes disagree, each with its reason.

A row that differs and is not here fails the tests; so does a row here that no longer differs.
"""

KNOWN_DIFFERENCES: dict[str, str] = {}
