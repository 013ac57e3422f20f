"""Joins Kafka's topics to the engine, for those who already run it.

`tasks` brings tasks of projects and `task-control` asks for their end; `task-progress` takes every
event of those tasks away, and `tasks-dead-letter` what cannot be understood.
"""
