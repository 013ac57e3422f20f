"""A program as projects have them: `agent run --input MODE`, `seed-db [--reset]`.

It notes its temporary directory in `notes` in its working directory, so that tests can look at it.
"""

# ruff: noqa: T201  (printing is what it is for)

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROWS = 200


def work() -> None:
    for row in range(1, ROWS + 1):
        print(f"Processing row {row}/{ROWS}")
        if row == ROWS // 2:
            time.sleep(0.3)
    secret = os.environ["API_KEY"]
    print(f"The key is {secret}.")
    print("Careful.", file=sys.stderr)
    print(json.dumps({"result": {"rows": ROWS, "key": secret, "input": sys.argv[4:]}}))


def environment() -> None:
    print(json.dumps({"result": {"env": dict(os.environ), "cwd": str(Path.cwd())}}))


def tree(manners: str) -> None:
    """A child, a grandchild, and a child that has left the group; then silence."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN if manners == "deaf" else signal.SIG_DFL)
    mark = Path("mark").read_text()
    sleeper = [sys.executable, "-S", "-c", "import time; time.sleep(600)", mark]
    parent = f"import subprocess; subprocess.run({sleeper!r})"
    subprocess.Popen([sys.executable, "-S", "-c", parent])
    subprocess.Popen(sleeper, start_new_session=True)
    print("ready", flush=True)
    time.sleep(600)


def flood() -> None:
    number = 0
    while True:
        print(f"line {number}")
        number += 1


def odd() -> None:
    """What a terminal would make something of."""
    out = sys.stdout.buffer
    out.write(b"broken \xff\xfe text\n")
    out.write(b"x" * 20_000 + b"\n")
    out.write(b"crlf\r\n\n")
    for percent in range(0, 101, 10):
        out.write(b"\r%d%%" % percent)
        out.flush()
        time.sleep(0.02)
    out.write(b"\nno end")


def fail() -> None:
    print("x" * 70_000, file=sys.stderr)
    sys.exit(f"It cannot work with {os.environ['API_KEY']}.")


def main() -> None:
    if sys.argv[1] == "seed-db":
        print("Reset." if "--reset" in sys.argv else "Seeded.")
        return
    with Path("notes").open("a") as notes:
        notes.write(f"{tempfile.gettempdir()}\n")
    Path(tempfile.gettempdir(), "left.tmp").touch()
    mode, _, argument = sys.argv[4].partition(" ")
    modes = {"work": work, "environment": environment, "flood": flood, "odd": odd, "fail": fail}
    if mode == "silent":
        time.sleep(float(argument))
    elif mode == "tree":
        tree(argument)
    else:
        modes[mode]()


if __name__ == "__main__":
    main()
