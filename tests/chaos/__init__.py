"""A whole AgentForge under load, with its processes killed at random: `make chaos`.

`plans` says what is asked of it and `stories` asks it; `following` watches every task; `faults`
and `injector` break things. When all is over, `verdict` and its neighbours hold the database, the
watchers and the receiver of webhooks against each other, and `recovery` measures how long each
interruption lasted. A seed repeats the decisions, not the moments at which processes reach them.
"""
