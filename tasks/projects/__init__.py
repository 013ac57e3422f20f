"""Projects and their tasks: programs of the command line that run in a worker, with declared types.

`types` and `parameters` say what may be asked of a program, `submission` takes the requests, and
`steps` are what a worker does: fetch the project's configuration, build the command, run it.

It is an app of its own on top of the engine, which does not need it. It knows no program: which
types there are is declared above, in `agents.task_types`.
"""
