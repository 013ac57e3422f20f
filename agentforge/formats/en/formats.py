"""A moment as everywhere else: to the second, and in the order in which it sorts."""

DATETIME_FORMAT = "Y-m-d H:i:s"
