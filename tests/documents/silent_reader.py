"""A reader that writes its process id to the file that it is sent the name of, and then hangs."""

import os
import signal
import sys
from pathlib import Path

Path(sys.stdin.read()).write_text(str(os.getpid()))
signal.pause()
