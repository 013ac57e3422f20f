"""The agent as a program of the command line, which projects run by default.

It works the same from a terminal and under a worker, and needs neither Django nor this
installation's database: what it must know stands in its environment (`agents.cli.surroundings`).
"""
