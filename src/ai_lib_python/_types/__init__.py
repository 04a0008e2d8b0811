"""Python types and JSON: schemas of types, values of them, and JSON as far as it has come."""
