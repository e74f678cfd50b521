"""The scripts for the stand-in go by what is structural in a request, and not by what the prompts say."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Iterator

import pytest
from scaffold_runs import Scoring, Scripted, modules

from godel import scaffold
from godel.contract import Program
from godel.gate.smoke import TOY, ToyUtility
from godel.gateway.scripted import Script, script_file

NAMES = [name for name in scaffold.names() if script_file(name).name == "script.toml"]
THREE_WORDS = re.compile(r"[A-Za-z']+(?:,? [A-Za-z']+){2,}")
WORD = re.compile(r"(\{[^{}]*\})|([A-Za-z]+)")


def test_every_scaffold_with_a_model_has_a_script_beside_it() -> None:
    assert [name for name in scaffold.names() if scaffold.load(name).needs_model] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_no_rule_quotes_what_its_scaffold_says(name: str) -> None:
    source = "\n".join(scaffold.load(name).program.files.values())
    for rule in Script.load(script_file(name)).rules:
        for pattern in filter(None, (rule.when, rule.unless, rule.last)):
            quoted = [words for words in THREE_WORDS.findall(re.sub(r"\\.", " ", pattern)) if words in source]
            assert not quoted, (name, pattern, quoted)


class Reworded(ast.NodeTransformer):
    """Every text of three words and more in other letters; names in braces, which are put in, stay."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if not isinstance(node.value, str) or not THREE_WORDS.search(node.value):
            return node
        return ast.Constant(WORD.sub(lambda found: found[1] or found[2].swapcase(), node.value))


def reworded(program: Program) -> Program:
    return Program(
        {path: ast.unparse(Reworded().visit(ast.parse(text))) + "\n" for path, text in program.files.items()}
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_scaffold_with_other_prompts_is_answered_as_well(name: str) -> None:
    seed = scaffold.load(name).program
    other = reworded(seed)
    assert any(other.files[path] != ast.unparse(ast.parse(text)) + "\n" for path, text in seed.files.items())
    assert max(toy_scores(name, other)) > ToyUtility()(TOY)
    assert set(children(name, other)) - {other.digest}


def children(name: str, program: Program) -> Iterator[str]:
    """The digests of what it makes of itself, blind."""
    for dice in range(6):
        with modules(name, program) as found:
            blind, model = Scoring(0, ToyUtility()), Scripted(name, dice, 40)
            yield found["main"].improve(program, blind, model, random.Random(dice)).digest


def toy_scores(name: str, program: Program) -> Iterator[float]:
    """What the gate would see of it, in two runs."""
    for dice in range(2):
        with modules(name, program) as found:
            utility = Scoring(24, ToyUtility())
            yield ToyUtility()(found["main"].improve(TOY, utility, Scripted(name, dice, 40), random.Random(dice)))
