"""Everything that runs AgentForge on one machine with one command.

`keeper` keeps one program running, `supervisor` several of them; `valkey` and `stack` say which
programs those are; `checks` and `first_user` come before them; `background` runs the whole as a
child of another program.
"""
