"""Workflows that only tests run: they wait, fail, die and count on demand. An app of the stack."""
