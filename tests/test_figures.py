"""docs/figures.md can't drift: its commands are those of the benchmarks, its numbers those of their results."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from corpus import cases, outcome
from imports import ROOT

from godel.policies.selection import SELECTIONS

PAGE = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
PROSE = " ".join(PAGE.split())
README = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
COMMANDS = re.findall(r"^`python (benchmarks/.+?)`", PAGE, re.MULTILINE)


def results(name: str) -> Any:
    return json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text())


def interval(found: dict[str, float]) -> str:
    """As the page writes it: +0.260 [+0.181, +0.340]."""
    low, mean, high = (f"{found[name]:+.3f}".replace("-", "−") for name in ("low", "mean", "high"))
    return f"{mean} [{low}, {high}]"


def test_every_benchmark_with_a_result_has_its_command() -> None:
    named = {Path(command.split()[0]).stem for command in COMMANDS}
    assert named == {path.stem for path in (ROOT / "benchmarks" / "results").glob("*.json")}


def test_every_section_names_a_command_first() -> None:
    sections = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    assert all("\n`python benchmarks/" in each for each in sections if not each.startswith("Not measured"))


@pytest.mark.program
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_exists(command: str) -> None:
    script, *words = shlex.split(command)
    done = subprocess.run([sys.executable, ROOT / script, "--help"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert all(word in done.stdout for word in words if word.startswith("--"))


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", PAGE)
    assert links and all((ROOT / "docs" / link).exists() for link in links)


def test_the_recursion_is_as_it_was_measured() -> None:
    over_runs = results("recursion")["over_runs"]
    assert all(
        interval(found) in PROSE for claim, found in over_runs.items() if not claim.startswith("control: frozen")
    )
    gained, paid = (over_runs[claim] for claim in over_runs if claim.endswith(("self - seed", "self - frozen")))
    assert interval(gained) in README and interval(paid) in README, "what the README says too"
    over_instances = results("recursion")["over_instances"]
    assert all(interval(over_instances[claim]) in PROSE for claim in over_instances if "better improver" in claim)


def test_the_overhead_is_as_it_was_measured() -> None:
    measured = results("overhead")
    for library in ("numpy", "torch"):
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| one candidate, {library}"))
        found = [float(number.replace(",", "")) for number in re.findall(r"([\d.,]+) ms", row)]
        medians = [each["median_ms"] for each in measured[f"per candidate, {library}"].values()]
        assert found == pytest.approx(medians, rel=0.01)


def test_fresh_guests_are_as_they_were_measured() -> None:
    measured = results("fresh_guests")
    rows = {"ms": "| {} imported", "cpu_ms": "| … CPU, {} |", "mib": "| … memory, {} |"}
    for kind, found in measured["from asking to the first answer"].items():
        for what, begins in rows.items():
            row = next(line for line in PAGE.splitlines() if line.startswith(begins.format(kind)))
            shown = [float(number.replace(",", "")) for number in re.findall(r"([\d.,]+) (?:ms|MiB)", row)]
            assert shown == pytest.approx([found[way][what]["median"] for way in ("forked", "started")], rel=0.01)
    guests = measured["guests a generation"]
    for number in (
        f"takes {measured['whole iteration']['median_ms']:.0f} ms",
        f"which is {measured['iteration / interpreter']['median']:.2f} of",
        f"{sum(guests.values()):.1f} guests",
        f"{sum(measured['CPU ms a generation'].values()):.0f} ms of CPU",
    ):
        assert number in PROSE, number


def test_the_overhead_around_a_model_is_as_it_was_measured() -> None:
    measured = results("model_overhead")
    by_hundreds = measured["median_ms by hundreds"]
    for median in (measured["per iteration"]["median_ms"], by_hundreds[0], by_hundreds[-1]):
        assert f"{median:.0f} ms" in PROSE


def test_the_rebuild_is_as_it_was_measured() -> None:
    for what, ratio in results("rebuild")["new / old"].items():
        assert f"| {what} | {ratio['median']:.2f} | {ratio['least']:.2f} to {ratio['most']:.2f} |" in PAGE


def test_what_scaffolds_ask_is_as_it_was_measured() -> None:
    for each in results("scaffold_costs")["scaffolds"]:
        seed, calls = each["seed"], each["improve"]["calls"]
        row = (
            f"| {each['scaffold']} | {calls} | {seed['calls']} | {seed['tokens'] / 1000:.0f}k | {seed['dollars']:.2f} |"
        )
        assert row in PAGE


GROWTH = {
    "open_s": "open the run",
    "first_order_s": "… until its first",
    "first_order_cpu_s": "… of that CPU",
    "memory_mb": "memory",
    "unknown_first_order_cpu_s": "CPU for the same",
    "order_s": "one order",
    "choose_s": "one choice of `dgm`",
    "allowance_s": "what may still",
    "shapes_s": "whether a shape",
}
UNITS = {"s": 1, "ms": 1e-3, "µs": 1e-6, "MB": 1}


def test_the_growth_is_as_it_was_measured() -> None:
    measured = results("growth")["measured"]
    for name, row in GROWTH.items():
        line = next(line for line in PAGE.splitlines() if line.startswith(f"| {row}"))
        found = [float(value) * UNITS[unit] for value, unit in re.findall(r"([\d.]+) (s|ms|µs|MB)\b", line)]
        assert found == pytest.approx([each[name] for each in measured.values()], rel=0.03), row


def test_the_faults_are_as_they_were_counted() -> None:
    struck = results("faults")
    injected = {tier: sum(each["faults"].values()) for tier, each in struck.items()}
    assert injected == {"bubblewrap": 40, "docker": 40} and "40 faults on each tier" in PROSE
    assert not [each["lost"] + each["differences"] for each in struck.values() if each["lost"] or each["differences"]]


def test_replies_are_read_as_it_was_counted() -> None:
    for folder, count in results("replies").items():
        row = [sum(count.values()), *(count[outcome] for outcome in ("as meant", "asked about", "wrong"))]
        assert f"| {folder.replace('_', ' ')} | {' | '.join(map(str, row))} |" in PAGE


def test_replies_are_read_as_it_is_written() -> None:
    """The counts are those of the code as it is now."""
    for folder, count in results("replies").items():
        found = Counter(outcome(case).split(":")[0] for case in cases(folder))
        assert found == Counter({name: number for name, number in count.items() if number})


def test_a_micro_evaluation_costs_what_was_measured() -> None:
    measured = results("micro")
    rows = {f"`{task}`": kinds for task, kinds in measured["tasks"].items()} | {"all of them": measured["every"]}
    for name, kinds in rows.items():
        assert f"| {name} | {kinds['wall']['median_ms']} ms | {kinds['cpu']['median_ms']} ms |" in PROSE


def test_what_acceptance_policies_do_is_as_it_was_simulated() -> None:
    for each in results("policies")["policies"]:
        pruning = "none" if each["pruning"] is None else each["pruning"]
        powers = " | ".join(f"{power:.2f}" for power in each["power"].values())
        rates = f"{each['null child']:.3f} | {each['run of 100 null children']:.2f} | {powers}"
        row = f"| `{each['acceptance']}` | {each['seeds']} | {pruning} | {rates} | {each['pairs a child']:.0f} |"
        assert row in PAGE
    for each in results("policies")["certified"]:
        gain = re.escape(f"{each['gain']:+.2f}")
        assert re.search(rf"\| {gain} \|[^\n]*\b{each['pairs']}\b", PAGE)


def test_what_selection_policies_do_is_as_it_was_simulated() -> None:
    def shown(value: float | None) -> str:
        return "–" if value is None else f"{value:+.2f}".replace("-", "−")

    found = results("policies")["selections"]
    assert {each["selection"] for each in found} == set(SELECTIONS.shipped)
    for each in found:
        spend = "never" if each["spend to the best"] is None else f"{each['spend to the best']:.0f}"
        head = (
            f"| {each['world']} | `{each['selection']}` | {each['reached']:.2f} | {spend} | {interval(each['worth'])}"
        )
        estimates = (each["own"]["productivity"], each["own"]["clade"], each["shared"]["clade"])
        assert f"{head} | {each['regret']['mean']:.3f} | {' | '.join(map(shown, estimates))} |" in PAGE


def test_the_published_order_of_estimates_comes_out() -> None:
    """What `hgm`, the score itself (SICA's way) and `dgm` go by, against the worth of clades: 0.78, 0.44, 0.29."""
    for world in ("all kept", "all kept, aligned"):
        rows = {each["selection"]: each for each in results("policies")["selections"] if each["world"] == world}
        for runs in ("own", "shared"):
            hgm, sica, dgm = (rows[name][runs]["clade"] for name in ("hgm", "best", "dgm"))
            assert hgm > sica > dgm > 0


def test_scaffolds_at_work_do_as_it_was_measured() -> None:
    for each in results("scaffolds_at_work")["measured"]:
        assert each["pairs"] >= 10
        for name, found in each["scaffolds"].items():
            over = interval(found["over"]) if found["over"] else ""
            row = f"| `{each['suite']}` | {each['calls']} | `{name}` | {interval(found['mean'])} | {over} |"
            assert row in PAGE


def test_every_fault_of_the_weak_improvers_costs_what_was_measured() -> None:
    for name, improver in results("weak_improvers")["improvers"].items():
        assert len(improver["faults"]) >= 3
        for fault in improver["faults"]:
            ways = [fault[way] for way in ("mended", "put back")]
            assert min(each["low"] for each in ways) > 0
            assert f"| `{name}` | {fault['what']} | {interval(ways[0])} | {interval(ways[1])} |" in PROSE


def test_races_find_the_best_as_often_as_it_was_simulated() -> None:
    rows = {(each["case"], each["seeds"], each["raced"]): each for each in results("races")["races"]}
    for (case, seeds, raced), each in rows.items():
        if seeds in (4, 16):
            cells = f"{each['found the best']:.2f} | {each['trials a version']:.3g}"
            place = PAGE.index(f"| {case.split(',')[0]}")
            assert f"| {cells} |" in PAGE[place : place + 300], (case, seeds, raced)


def test_blind_edits_are_worth_what_was_counted() -> None:
    measured = results("edit_shares")
    for name, found in zip(("the seed", "after climbing"), measured["tables"], strict=False):
        shares = [f"{100 * found['shares'][kind]:.0f} %" for kind in SHARES]
        assert f"| {name} | {' | '.join(shares)} |" in PAGE
    seed = measured["tables"][0]
    budget = sum(seed["by target"][f"main.py:{name}"].get("improving", 0) for name in ("LOOKS", "RESERVE"))
    assert f"{budget} of the {round(seed['shares']['improving'] * seed['edits'])} improving edits" in PROSE


SHARES = ("broken", "neutral", "about 0", "harmful", "improving")
