"""The laboratory's own proposer of children of two parents: it crosses them in a guest, where their own code would run.

It is a program of the contract, so a generation that it made is recorded and replayed like any other.
"""

from __future__ import annotations

from godel.contract import Program

CROSSER = Program(
    {
        "main.py": '''\
"""Makes a child of two scaffolds: some of what differs in the second comes into the first."""

from godel.contract.editing.crossing import crossed


def improve(program, utility, model, rng):
    for mate in utility.context.others:
        program = crossed(program, mate, rng)
    return program
'''
    }
)
