"""Agents that live in this installation: their knowledge is stored, indexed and asked here."""

from agents.providers.local.provider import LocalProvider

__all__ = ["LocalProvider"]
