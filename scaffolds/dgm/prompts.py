"""All that the model is told, except by the tools."""

from __future__ import annotations

from collections.abc import Mapping

from draft import Draft

from godel.contract import SCALE, Score, in_words, shown

DIAGNOSE = """\
The program below is a coding agent that improves programs, its own source included. Find out what keeps it from
doing better, and write an issue for it. It must be one change of its source that helps with tasks of every kind, not
with a single one. It has to be made within these files; `improve` keeps its parameters.

How it is measured: {description}

{evidence}

{files}

Reply with a JSON object only, with these texts:
{fields}"""

UNSEEN = "There is no log of it, and it can't be measured. Review it as someone who relies on it, beginning with {}."

ISSUE = """\
You are a coding agent, and maintain the program below, an agent as well. Solve this issue.

{issue}

{files}

{known}

{manners}"""

TASK = """\
You are a coding agent. Give the program below a higher utility.

The utility: {description}

{standing}

{files}

{manners}"""

MANNERS = """\
Work by calling tools: view what you need to see, edit, then run. Say in a sentence what each step is for. Change
what is asked for and leave the rest alone. When it runs, and is as good as you can make it, call `done`."""

OVER_AGAIN = "The conversation got too long, and begins again. Edited so far: {}."


def diagnose(draft: Draft, evidence: str, fields: Mapping[str, str]) -> str:
    asked = "\n".join(f"- {name}: {text}" for name, text in fields.items())
    description = draft.utility.description.strip()
    return DIAGNOSE.format(description=description, evidence=evidence, files=shown(draft.now), fields=asked)


def issue(draft: Draft, diagnosis: Mapping[str, str]) -> str:
    names = "The files: " + ", ".join(draft.now.files)
    text = "\n".join(f"{name.capitalize()}: {said.strip()}" for name, said in diagnosis.items())
    return ISSUE.format(issue=text, files=names, known=draft.known, manners=MANNERS)


def task(draft: Draft) -> str:
    description = draft.utility.description.strip()
    return TASK.format(description=description, standing=standing(draft), files=shown(draft.now), manners=MANNERS)


def standing(draft: Draft) -> str:
    """What is known of the program as it was given."""
    if (score := draft.scores.get(draft.given.digest)) is None:
        return "It can't be measured: you have to go by what you know."
    return f"As it is now: {measured(score)} It can be measured {draft.utility.remaining} times more. {SCALE}"


def measured(score: Score) -> str:
    return f"utility {in_words(score)}."


def over_again(draft: Draft) -> str:
    return OVER_AGAIN.format(", ".join(edit.target for edit in draft.now.edits) or "nothing")
