"""Bytes in and bytes out: framing, the HTTP seam, addresses, keys on the wire, redaction."""
