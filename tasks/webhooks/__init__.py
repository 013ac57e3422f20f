"""Tells the callback URL of a task that it has ended.

`outbox` holds what is to be told: rows that commit together with the end itself. `courier` takes
what is due, `sending` makes the requests, `signing` signs them.
"""
