"""Requests to addresses that somebody else names: which are allowed, and how they are made.

A pure library, like the crawler that uses it: it knows no database and no settings.
"""
