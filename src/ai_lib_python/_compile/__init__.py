"""Turns a manifest into plain Python functions.

One template and path language serves both directions and both halves:

- ``expression``: parses ``$name.path | filter`` and ``.path or .other``
- ``scope``: what names mean, and which of them are wire JSON and which our own values
- ``values``: templates that build a value (a request body, an answer of the server half)
- ``events``: statements that read wire JSON and tell a sink what they found
- ``parameters``: the rules for temperature, limits, tools and the rest
- ``program``: the functions of one manifest, compiled when first asked for
"""
