"""How many of the replies in tests/replies are read as they were meant, by the reader that is installed.

    python benchmarks/replies.py

Those of `corpus` were written before the reader was, those of `held_out` after it: they were looked at only once the
code was done.
Results: benchmarks/results/replies.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "replies.json"
OUTCOMES = ("as meant", "asked about", "wrong")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--listed", action="store_true", help="name each reply that is not read as meant, and say why")
    listed = options.parse_args().listed
    counts = {folder: counted(folder, listed) for folder in ("corpus", "held_out")}
    for folder, count in counts.items():
        print(f"{folder}: " + ", ".join(f"{count[each]} {each}" for each in OUTCOMES) + f", of {sum(count.values())}")
    RESULTS.write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")


def counted(folder: str, listed: bool) -> dict[str, int]:
    """How many replies of a folder had each of OUTCOMES."""
    sys.path.insert(0, str(ROOT / "tests" / "support"))
    from corpus import cases, outcome

    found = {case.name: outcome(case) for case in cases(folder)}
    if listed:
        print(*(f"{name}: {what}" for name, what in found.items() if what != "as meant"), sep="\n")
    count = Counter(what.split(":")[0].replace("wrong words", "wrong") for what in found.values())
    return {each: count[each] for each in OUTCOMES}


if __name__ == "__main__":
    main()
