"""Rounds of drafts that the model judges itself: each round is told which were preferred, and why."""

from __future__ import annotations

import random

from judge import Judge
from memory import Memory
from meta import lesson
from voice import Voice
from writer import Writer

from godel.contract import BudgetExhausted, Model, Program, RequestRefused, Utility, briefing, is_scaffold
from godel.contract.editing import Edited

ROUNDS = 2  # each learns from the ones before


def improve(program: Program, utility: Utility, model: Model, rng: random.Random) -> Program:
    """The version that the model itself thinks best. The utility's score is never asked for."""
    voice, memory = Voice(model), Memory(program)
    judge, writer = Judge(voice, utility, program), Writer(voice, briefing(utility))
    itself = is_scaffold(program)
    try:
        if not itself:  # a scaffold has to change, whatever it is worth
            memory.start = judge(Edited(program, ()))
        for left in reversed(range(ROUNDS)):
            play(memory, writer, judge)
            if left:
                judge.lessons += lesson(judge, memory.latest)
    except (BudgetExhausted, RequestRefused) as end:
        print(f"the rounds end: {end!r}")
    return memory.choice(differing=itself)


def play(memory: Memory, writer: Writer, judge: Judge) -> None:
    """One round: drafts from the best so far, a judgement of each, a pair for the next round."""
    memory.begin(writer.drafts(memory))
    for draft in memory.drafts:
        if judgement := judge(draft):
            memory.latest.append(judgement)
    memory.learn()
