"""What the program can be asked for: one file a command, each with a function `run`."""
