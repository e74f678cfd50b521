"""What a generation of each scaffold that needs a model asks of it, at the default budgets.

    python benchmarks/scaffold_costs.py

Each runs the cheap tasks for a few generations against the stand-in with the script that comes
with it. Calls and tokens are what the scaffold asked for; how many it needs with a real model
depends on that model's replies, and reasoning tokens come on top. Dollars: those tokens at the
price of one model in litellm's table, for scale.
Results: benchmarks/results/scaffold_costs.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from recursion import RESULTS, machine
from watched import Watched

import godel
from godel import config, scaffold
from godel.gateway.prices import MILLION, Price, price
from godel.gateway.scripted import Script, Served, script_file
from godel.lineage import Generation, Spend, Split

PRICED = "openai/gpt-5-mini"


class Silent:
    def started(self, index: int, parent: str) -> None:
        pass

    def recorded(self, generation: Generation, score: float) -> None:
        print(f"  {generation.index} {generation.status} {score:+.3f}", flush=True)

    def waiting(self, index: int, problem: str, delay_s: float) -> None:
        raise RuntimeError(problem)


def cost(name: str, generations: int, tier: str) -> dict[str, Any]:
    """A scaffold's row: what its seed and its generations asked for, on average."""
    folder = Path(tempfile.mkdtemp(prefix="scaffold-costs-"))
    known = price(PRICED, {})
    assert known
    try:
        with Served(Script.load(script_file(name))) as served:
            run = config.load(
                None,
                [],
                scaffold=name,
                tasks=["suite:cheap"],
                generations=generations,
                workers=2,
                model__names=["openai/scripted"],
                model__api_base=served.address,
                sandbox=tier or None,
                model__prices={"openai/scripted": known},
                secret="scaffold costs",
            )
            with godel.launch(folder / "run", run, watch=Watched(Silent()), report=False) as done:
                seed, *made = done.lineage.generations
                improves = len(done.lineage.scored(seed.child or "", Split.SEARCH))
    finally:
        shutil.rmtree(folder)
    scored = [each for each in made if each.status not in ("refused", "failed")]
    return {
        "scaffold": name,
        "improve": improve(seed.spend, improves, known),
        "seed": row([seed]),
        "generation": row(made),
        "scored generation": row(scored),
        "statuses": [str(each.status) for each in made],
    }


def improve(spend: Spend, improves: int, known: Price) -> dict[str, int]:
    """What one improve of a task asked for: the seed's are nothing else. It is what a manifest calls typical."""
    calls, tokens, dollars = (amount / improves for amount in (spend.model_calls, spend.tokens, spend.dollars))
    reply = (dollars * MILLION - tokens * known.prompt) / (known.reply - known.prompt)
    return {"calls": round(calls), "prompt_tokens": round(tokens - reply), "reply_tokens": round(reply)}


def row(made: list[Generation]) -> dict[str, Any] | None:
    if not made:
        return None
    total = sum((each.spend for each in made), Spend())
    return {
        "calls": round(total.model_calls / len(made)),
        "tokens": round(total.tokens / len(made)),
        "dollars": round(total.dollars / len(made), 4),
        "n": len(made),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generations", type=int, default=4)
    parser.add_argument("--sandbox", default="")
    options = parser.parse_args()
    rows = []
    for name in scaffold.names():
        if scaffold.load(name).needs_model:
            print(name, flush=True)
            rows.append(cost(name, options.generations, options.sandbox))
    result = {"machine": machine(), "command": " ".join(sys.argv), "priced as": PRICED, "scaffolds": rows}
    (RESULTS / "scaffold_costs.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
