"""Programs that a step runs: under guard, their output line by line in the task's history.

`running` starts a program and reads from it, `guard` is the process between the two, `leash` and
`process_tree` are what it works with; `lines` cuts the output into lines, `streaming` writes them.
`terms` says what a program gets and may use, `scratch` gives it a directory for temporary files;
`progress` and `last_line` read what its lines tell of its progress and its result.
"""
