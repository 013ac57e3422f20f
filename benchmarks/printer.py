"""A program that prints `rate` lines a second, each with its time and count, as its pipe allows.

Run: python benchmarks/printer.py RATE SECONDS
"""

import sys
import time


def main(rate: float, seconds: float) -> None:
    begun, written, total = time.monotonic(), 0, int(rate * seconds)
    while (elapsed := time.monotonic() - begun) < seconds:
        due = min(int(elapsed * rate), written + 1000)
        for number in range(written, due):
            print(f"{time.time():.6f} row {number}/{total} of the import was read and checked")
        sys.stdout.flush()
        if due < written + 1000:
            time.sleep(0.01)
        written = due
    print(f"took {time.monotonic() - begun:.3f}")


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]))
