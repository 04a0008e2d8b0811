"""Finds, reads, inherits and checks manifests; what comes out is a typed, read-only ``Manifest``.

A module a step: ``folders`` finds the file, ``yaml_source`` reads it, ``check`` holds it against the published
schema, ``merge`` lays it over its parent, ``inherit`` does so for a whole chain, ``relocate`` follows a base URL that
has moved on the way, ``key_claims`` keeps keys with their hosts, ``manifest`` is the result, ``load`` does it all.
"""
