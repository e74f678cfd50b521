"""All that the model is told: as the author of drafts, as their judge, and as the judge of judgements."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import unified_diff
from typing import TYPE_CHECKING

from godel.contract import Program, is_scaffold, shown
from godel.contract.editing import Edited

if TYPE_CHECKING:  # these import this file
    from judge import Judgement, Lesson
    from memory import Memory, Pair
    from reading import Vote

Message = dict[str, str]
MOST_LINES = 120
"""Of the changes of one draft."""

AUTHOR = "You write programs that are correct and fast, and use methods that are known to work."
TASK = "Write a better version of the program below. Nobody will tell you its score. It will be measured by this:"
SCAFFOLD = """\
This program is of your own kind: it improves programs by asking a model, and judges them itself. Keep `improve` and
its parameters. It may use the standard library, libcst and godel.contract. It must be deterministic given rng
and the model's replies, and return some change of itself when it is given its own source."""
PAIRS = "Earlier drafts, as you judged them yourself. Write what you would prefer to the better ones:"
FORM = """\
Say in a few words what your version does better. Then give the whole new text of each file that you change, between
two lines of ```, with its path in the line before; or, where little changes in a long file, blocks like this one:

main.py
<<<<<<< SEARCH
some whole lines, just as they stand in the file
=======
the lines that shall stand there instead
>>>>>>> REPLACE"""
CORRECTION = "That can't be used: {}\nReply again, with a version that can be made from the program above."

JUDGE = "You judge programs by reading them: strictly, by the rubric, and nothing else."
RUBRIC = """\
Begin at 0, and add a point for each of these that is true of the program:
- It is complete: it has what the task asks for, by those names, and nothing in it would raise an exception.
- It stays within all limits that the task states, on the largest inputs that are to be expected.
- By what it is measured by, it should clearly beat a first attempt that was written without much thought.
- Its method is one that an expert would choose for this task, and it is carried out without a mistake.
- Nothing is left out that would clearly help and still keep within the limits.
How long or how well explained a program is earns nothing."""
ANSWER = 'Reply with a JSON object: "reason", point by point, then "score", the sum of the points, from 0 to 5.'
LESSONS = "Judgements of yours that you compared afterwards. Judge like the better ones:"

META = "You compare judgements of a program that were made by a rubric."
COMPARE = """\
Which of the two judgements is right about this program? Look for claims that are false, points that are given or
refused against the rubric, and sums that don't add up. Which score is higher does not matter.
Reply with a JSON object: "reason", then "better", which is A or B."""


def draft(description: str, memory: Memory, base: Edited) -> list[Message]:
    """For versions of `base`, the best program so far."""
    judged = [f"You judged it {points(memory.best)}"] if memory.best else []
    contract = [SCAFFOLD] if is_scaffold(base.program) else []
    pairs = [PAIRS, *(preferred(memory.given, pair) for pair in memory.pairs)] if memory.pairs else []
    notes = ["Of the last change to it:\n" + "\n".join(base.notes)] if base.notes else []
    parts = [TASK, description.strip(), *contract, shown(base.program), *judged, *notes, *pairs, FORM]
    return conversation(AUTHOR, *parts)


def subject(description: str, given: Program, program: Program) -> list[str]:
    """What is judged: of a long program, the files that changed."""
    changed = {path: text for path, text in program.files.items() if given.files.get(path) != text}
    files = shown(Program(changed or program.files, next(iter(changed), program.entry)))
    changes = ["What changed in it:\n" + difference(given, program)] if changed else []
    return ["It will be measured by this:\n\n" + description.strip(), files, *changes, RUBRIC]


def judge(subject: Sequence[str], lessons: Sequence[Lesson]) -> list[Message]:
    pairs = [f"Better:\n{told(each.better)}\n\nWorse:\n{told(each.worse)}" for each in lessons]
    return conversation(JUDGE, *subject, *([LESSONS, *pairs] if pairs else []), ANSWER)


def compare(subject: Sequence[str], first: Vote, second: Vote) -> list[Message]:
    return conversation(META, *subject, f"A:\n{told(first)}", f"B:\n{told(second)}", COMPARE)


def correction(problem: str) -> Message:
    return {"role": "user", "content": CORRECTION.format(problem)}


def conversation(who: str, *parts: str) -> list[Message]:
    return [{"role": "system", "content": who}, {"role": "user", "content": "\n\n".join(parts)}]


def preferred(given: Program, pair: Pair) -> str:
    """Both of a pair, as changes of the given program."""
    named = {"Better": pair.better, "Worse": pair.worse}
    drafts = {name: difference(given, each.draft.program) for name, each in named.items()}
    return "\n\n".join(f"{name}, judged {points(each)}\n{drafts[name]}" for name, each in named.items())


def points(judgement: Judgement) -> str:
    return f"{judgement.score:.2f} of 5: {judgement.reason}"


def told(vote: Vote) -> str:
    return f"{vote.reason}\nScore: {vote.score:g}"


def difference(given: Program, program: Program) -> str:
    lines = list[str]()
    for path, text in program.files.items():
        lines += unified_diff(given.files[path].splitlines(), text.splitlines(), path, path, n=1, lineterm="")
    return "\n".join([*lines[:MOST_LINES], *(["…"] if len(lines) > MOST_LINES else [])])
