"""How long `POST /agents` takes, against a bare DRF create of one row on the same server.

Run: python -m benchmarks.submit
"""

from __future__ import annotations

import statistics

from benchmarks.bench import figures, running_stack, timed

ROUNDS = 300


def main() -> None:
    with running_stack(AGENTFORGE_RATE_SUBMIT="100000/min") as (_, api):
        # Nothing listens on port 9, so each build ends at once and leaves the cores alone.
        body = {"urls": ["http://127.0.0.1:61009/"], "priority": "low"}
        bare, posted = [], []
        for number in range(ROUNDS + 20):
            one = timed(lambda: api.post("/bare", json={"name": "row"}).raise_for_status())
            two = timed(lambda: api.post("/agents", json=body).raise_for_status())
            if number >= 20:
                bare.append(one)
                posted.append(two)
    figures("bare DRF create", bare)
    figures("POST /agents", posted)
    print(f"ratio of the medians: {statistics.median(posted) / statistics.median(bare):.2f}")


if __name__ == "__main__":
    main()
