"""Finds, reads, inherits and checks manifests; what comes out is a typed, read-only ``Manifest``.

A module a step: ``folders`` finds the file, ``yaml_source`` reads it, ``check`` holds it against the
published schema, ``merge`` lays it over its parent, ``manifest`` is the result, ``load`` does it all.
"""
