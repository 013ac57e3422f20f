"""What ends the program with a sentence in place of a traceback."""


class Failure(Exception):
    """It cannot be done. The message says what was wrong and what to do."""
