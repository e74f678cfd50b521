"""What a model replies becomes edits, or an explanation of why it does not."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from godel.contract import Edit, Program, ToolCall
from godel.contract.editing import (
    TOOLS,
    Block,
    Edited,
    EditFailed,
    by_tool,
    from_reply,
    parts_in,
    replace_function,
    search_replace,
    whole_file,
)
from godel.contract.editing.files import defined
from godel.contract.fingerprints import deleted
from godel.sandbox import Limits, MiB, Spec, Tier
from godel.sandbox.channel import Session
from godel.sandbox.guest.jobs import RunProgram

SOURCE = '''\
"""A walk."""

import math

RATE = 0.5


# how far
def step(size):
    """One step."""
    return RATE * size


class Walk:
    """Several steps."""

    start = 0

    def __init__(self, rng):
        self.rng = rng

    def run(self, steps):
        place = self.start
        for _ in range(steps):
            place += step(self.rng.random())
        return place


def improve(program):
    return math.floor(step(3))
'''
MAIN = Program({"main.py": SOURCE})
TWO = Program(
    {
        "main.py": SOURCE,
        "lib/tools.py": "LIMIT = 3\n\n\ndef clip(x):\n    return min(x, LIMIT)\n",
        "notes.md": "# Notes\n",
    }
)
NEW_STEP = "def step(size):\n    return RATE * size**2\n"
STEP = SOURCE[SOURCE.index("def step") : SOURCE.index("\n\nclass Walk")]


def fenced(text: str, info: str = "python", mark: str = "```") -> str:
    return f"{mark}{info}\n{text}{mark}\n"


def block(search: str, replace: str, path: str = "", size: int = 7) -> str:
    return f"{'<' * size} SEARCH {path}".rstrip() + f"\n{search}{'=' * size}\n{replace}{'>' * size} REPLACE\n"


def joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def failure(call: Callable[[], object]) -> str:
    with pytest.raises(EditFailed) as failed:
        call()
    return str(failed.value)


def with_step(text: str = NEW_STEP) -> str:
    assert SOURCE.count(STEP) == 1
    return SOURCE.replace(STEP, text)


# The four forms agree

BODIES = [
    "    return 1\n",
    "    # why\n    return size\n",
    "    if size:\n        return [\n            size,\n        ]\n    return None\n",
    "    return 'é …'  # \N{SNOWMAN}\n",
    "    return size ** 2\n    # at last\n",
]
STRING = '    """Two\n  lines"""\n    x = """\na\n"""\n    return x\n'
GAPS = ["\n\n", "\n\n\n", "\n\n# a comment\n\n"]


def function(name: str, body: str) -> str:
    return f"def {name}(size):\n{body}"


def method(name: str, body: str) -> str:
    return textwrap.indent(f"def {name}(self, size):\n{body}", "    ")


@st.composite
def replacements(draw: st.DrawFn) -> tuple[str, str, str, str]:
    """A file's text, the qualified name of one of its functions, that one's source and another."""
    bodies, strings = st.sampled_from(BODIES), st.sampled_from([*BODIES, STRING])
    functions = {f"f{n}": function(f"f{n}", draw(strings)) for n in range(draw(st.integers(1, 4)))}
    methods = {f"C.m{n}": method(f"m{n}", draw(bodies)) for n in range(draw(st.integers(1, 3)))}
    shell = draw(st.sampled_from(["class C:\n", "@dataclass\nclass C(Base):\n    x: int = 1\n\n"]))
    pieces = ["import math\n", *functions.values(), shell + "\n".join(methods.values())]
    text = draw(st.sampled_from(GAPS)).join(draw(st.permutations(pieces)))
    name = draw(st.sampled_from([*functions, *methods]))
    new = function(name, draw(strings)) if name in functions else method(name.partition(".")[2], draw(bodies))
    return text, name, (functions | methods)[name], new


def tool(which: str, /, **arguments: str) -> Callable[[Program], Edited]:
    return lambda program: by_tool(program, ToolCall(which, arguments))


def ways(name: str, text: str, old: str, new: str) -> list[Callable[[Program], Edited]]:
    """Every way to say: in this file, `new` for the function `old`."""
    whole = text.replace(old, new)
    in_class = f"class {name.partition('.')[0]}:\n{new}" if "." in name else new
    return [
        lambda program: from_reply(program, block(old, new)),
        lambda program: from_reply(program, "Here:\n" + fenced(block(old, new))),
        lambda program: from_reply(program, "Here:\n\n" + fenced(whole) + "\nThat's it."),
        lambda program: from_reply(program, whole),
        lambda program: whole_file(program, whole),
        lambda program: search_replace(program, [Block(old, new)]),
        lambda program: replace_function(program, in_class),
        tool("write_file", path="main.py", content=whole),
        tool("search_replace", search=old, replace=new),
        tool("replace_function", source=in_class),
        tool("replace_function", source=new, name=name),
        tool("replace_function", source=in_class, name=name, path="main.py"),
    ]


@pytest.mark.slow
@given(replacements())
@settings(deadline=None, max_examples=40)
def test_all_forms_of_one_change_give_the_same_program_and_edits(change: tuple[str, str, str, str]) -> None:
    text, name, old, new = change
    assert text.count(old) == 1
    program = Program({"main.py": text}, edits=(Edit("number", "main.py:x", "1", "2"),))
    for way in ways(name, text, old, new):
        if old == new:
            assert "nothing changes" in failure(lambda way=way: way(program))  # type: ignore[misc]
            continue
        made = way(program)
        assert made.program.files == {"main.py": text.replace(old, new)}
        assert made.program.edits[:1] == program.edits
        assert [edit[:2] for edit in made.program.edits[1:]] == [("replace", f"main.py:{name}")]
        assert made.program.edits == ways(name, text, old, new)[0](program).program.edits


# Blocks

LINES = st.sampled_from(
    [
        "",
        "  ",
        "x",
        "x ",
        "    x",
        "\ty",
        "=======",
        "<<<<<<< SEARCH",
        ">>>>>>> REPLACE",
        "```",
        "```python",
        "# x",
        "\x0c",
        "é",
    ]
)


@given(st.lists(LINES, min_size=1, max_size=12), st.data())
@settings(deadline=None)
def test_a_block_of_a_files_own_lines_applies_exactly_or_is_ambiguous(lines: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(lines) - 1))
    end = data.draw(st.integers(start + 1, len(lines)))
    search, replace = lines[start:end], data.draw(st.lists(LINES, max_size=4))
    program = Program({"main.py": "", "notes.md": joined(lines)}, "notes.md")
    reply = block(joined(search), joined(replace), size=9)
    places = [at + 1 for at in range(len(lines)) if lines[at : at + len(search)] == search]
    expected = [*lines[:start], *replace, *lines[end:]]
    if not "".join(search).strip():
        assert "SEARCH has no text" in failure(lambda: from_reply(program, reply))
    elif len(places) > 1:
        said = failure(lambda: from_reply(program, reply))
        assert f"{len(places)} times in notes.md, at lines {places[0]}, " in said
    elif expected == lines:
        assert "nothing changes" in failure(lambda: from_reply(program, reply))
    elif not "".join(expected).strip():
        assert "would be empty" in failure(lambda: from_reply(program, reply))
    else:
        made = from_reply(program, reply).program
        assert made.files["notes.md"] == joined(expected)
        assert [edit[:2] for edit in made.edits] == [("replace", "notes.md")]


@pytest.mark.parametrize("path", ["", "lib/tools.py"])
@pytest.mark.parametrize(
    "reply",
    [
        "{path}\n<<<<<<< SEARCH\n    {old}\n=======\n    {new}\n>>>>>>> REPLACE",
        "Prose.\n\n**{path}**\n\n<<<<< SEARCH\n    {old}\n=====\n    {new}\n>>>>> REPLACE\nMore.",
        "<<<<<<< SEARCH {path}\n    {old}\n=======\n    {new}\n>>>>>>> REPLACE {path}",
        "### File: `{path}`\n```python\n<<<<<<< SEARCH\n    {old}\n=======\n    {new}\n>>>>>>> REPLACE\n```",
        "```python {path}\n<<<<<<< SEARCH\n    {old}\n======\n    {new}\n>>>>>>>> REPLACE\n```",
        "{path}\r\n```\r\n<<<<<<< SEARCH\r\n    {old}\r\n=======\r\n    {new}\r\n>>>>>>> REPLACE\r\n```",
        "1. {path}\n   ~~~\n   <<<<<<< SEARCH\n       {old}\n   =======\n       {new}\n   >>>>>>> REPLACE",
        "<<<<<<< SEARCH {path}\n{old}   \n=======\n{new}\n>>>>>>> REPLACE",
    ],
)
def test_blocks_are_read_whatever_they_wear(reply: str, path: str) -> None:
    said = reply.format(path=path, old="return min(x, LIMIT)", new="return max(x, LIMIT)")
    made = from_reply(TWO, said)
    assert made.program.files == {**TWO.files, "lib/tools.py": TWO.files["lib/tools.py"].replace("min", "max")}
    assert made == Edited(made.program, ())
    edit = Edit("replace", "lib/tools.py:clip", "return min(x, LIMIT)", "return max(x, LIMIT)")
    assert made.program.edits == (edit,)


def test_all_blocks_apply_or_none_does() -> None:
    good, bad = block("RATE = 0.5\n", "RATE = 0.25\n"), block("RATE = 0.75\n", "RATE = 1\n")
    assert from_reply(MAIN, good).program.files["main.py"] == SOURCE.replace("0.5", "0.25")
    said = failure(lambda: from_reply(MAIN, good + bad))
    assert "block 2 of 2" in said and "nowhere in main.py" in said
    second = block("RATE = 0.25\n", "RATE = 0.125\n")
    assert from_reply(MAIN, good + second).program.files["main.py"] == SOURCE.replace("0.5", "0.125")


def test_a_block_without_a_path_takes_that_of_the_block_right_above() -> None:
    same = Program({"main.py": "A = 1\nB = 1\n", "b.py": "A = 1\nB = 1\n"})
    both = "b.py\n" + block("A = 1\n", "A = 2\n") + block("B = 1\n", "B = 2\n")
    assert from_reply(same, both).program.files == {"main.py": "A = 1\nB = 1\n", "b.py": "A = 2\nB = 2\n"}
    assert from_reply(same, block("A = 1\n", "A = 2\n")).program.files["main.py"] == "A = 2\nB = 1\n"
    three = Program({"main.py": "", "a.py": "A = 1\n", "b.py": "A = 1\n"})
    assert "in a.py and b.py" in failure(lambda: from_reply(three, block("A = 1\n", "A = 2\n")))


def test_the_strictest_match_wins() -> None:
    text = "if A:\n    x = 1\nx = 1\n"
    made = from_reply(Program({"main.py": text}), block("x = 1\n", "x = 2\n"))
    assert made.program.files["main.py"] == "if A:\n    x = 1\nx = 2\n"


@pytest.mark.parametrize(
    ("search", "replace", "expected"),
    [
        (
            "for _ in range(steps):\n    place += step(self.rng.random())\n",
            "for _ in range(9):\n    pass\n",
            "        for _ in range(9):\n            pass\n",
        ),
        (
            "            for _ in range(steps):\n                place += step(self.rng.random())\n",
            "            if steps:\n\n                pass\n",
            "        if steps:\n\n            pass\n",
        ),
        ("  for _ in range(steps):  \n      place += step(self.rng.random())\t\n", "  pass\n", "        pass\n"),
        ("\tfor _ in range(steps):\n\t    place += step(self.rng.random())\n", "\tpass\n", "        pass\n"),
    ],
)
def test_what_is_indented_otherwise_is_indented_as_the_file_is(search: str, replace: str, expected: str) -> None:
    made = from_reply(MAIN, block(search, replace))
    old = "        for _ in range(steps):\n            place += step(self.rng.random())\n"
    assert made.program.files["main.py"] == SOURCE.replace(old, expected)


def test_a_replacement_that_cannot_be_indented_is_refused() -> None:
    reply = block("            place = self.start\n", "  place = 1\n")
    assert "indentation" in failure(lambda: from_reply(MAIN, reply))


def test_lines_are_deleted_by_an_empty_replacement() -> None:
    made = from_reply(MAIN, block("    start = 0\n\n", ""))
    assert made.program.files["main.py"] == SOURCE.replace("    start = 0\n\n", "")
    assert made.program.edits == (Edit("delete", "main.py:Walk.start", "start = 0", ""),)
    assert made.notes == ()


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (block("", "x = 1\n"), ["SEARCH has no text"]),
        (block("\n  \n", "x = 1\n"), ["SEARCH has no text"]),
        (block("RATE = 0.5\n", "RATE = 0.5\n"), ["nothing changes: main.py"]),
        (block("RATE = 0.5\n", "RATE = \n"), ["main.py would not parse", "line 5", "RATE ="]),
        (block("RATE = 0.5\n", "RATE = 1\n", "other.py"), ["no file 'other.py'", "the files are main.py"]),
        ("other.py\n" + block("RATE = 0.5\n", "RATE = 1\n"), ["no file 'other.py'"]),
        (
            block("def step(sizes):\n    '''One step.'''\n", ""),
            ["nowhere in main.py", "line 9", "-def step(sizes):", "+def step(size):", '+    """One step."""'],
        ),
        (block("zzzzzz\n", ""), ["nowhere in main.py", "nothing there is like it"]),
        ("<<<<<<< SEARCH\nRATE = 0.5\n=======\nRATE = 1\n", ["line 1", "no >>>>>>> REPLACE", "cut off"]),
        ("<<<<<<< SEARCH\nRATE = 0.5\n>>>>>>> REPLACE\n", ["0 lines ======="]),
        ("<<<<<<< SEARCH\nA\n=======\nB\n=======\nC\n>>>>>>> REPLACE\n", ["2 lines ======="]),
        (
            "RATE = 0.5\n=======\nRATE = 1\n>>>>>>> REPLACE\n" + block("import math\n", "import cmath as math\n"),
            ["line 4", "belongs to no block", ">>>>>>> REPLACE"],
        ),
        (block("    return RATE * size\n", "    return (RATE\n"), ["would not parse", "line 11", "never closed"]),
        (block("RATE = 0.5\n", "RATE = 0.5  # \u202e\n"), ["U+202E", "RIGHT-TO-LEFT OVERRIDE", "line 5"]),
        (block("RATE = 0.5\n", "RATE = '\ufeff'\n"), ["U+FEFF"]),
        (block("RATE = 0.5\n", "RATE = '\0'\n"), ["U+0000 (NULL)"]),
        (block("RATE = 0.5\n", "RATE = '\ud800'\n"), ["not be valid Unicode in line 5"]),
        (block(SOURCE, ""), ["main.py would be empty"]),
        (block("RATE = 0.5\n", f"RATE = {'(' * 300}1{')' * 300}\n"), ["would not parse", "nested"]),
        (block("RATE = 0.5\n", f"RATE = {'-' * 1500}1\n"), ["main.py", "nested too deeply"]),
    ],
)
def test_a_block_that_cannot_be_applied_says_why(reply: str, words: list[str]) -> None:
    said = failure(lambda: from_reply(MAIN, reply))
    assert [word for word in words if word not in said] == []


def test_a_near_match_is_quoted_and_not_applied() -> None:
    said = failure(lambda: from_reply(TWO, block("    return min(x, LIMITS)\n", "    return 1\n")))
    assert said.endswith("(- SEARCH, + lib/tools.py):\n-    return min(x, LIMITS)\n+    return min(x, LIMIT)")
    assert "Nearest is line 5 on" in said


def test_feedback_stays_short() -> None:
    long = Program({"main.py": "".join(f"value_{n} = {n}\n" for n in range(2000))})
    search = "".join(f"value_{n} = {n + 1}\n" for n in range(500, 700))
    said = failure(lambda: from_reply(long, block(search, "")))
    assert said.count("\n") < 60 and "line 501 on" in said
    assert failure(lambda: from_reply(Program({"main.py": "x = 1\n" * 50}), block("x = 1\n", ""))).endswith(
        "at lines 1, 2, 3, 4, 5, 6, 7, 8, …: add lines around it"
    )


# Programs that hold such marks themselves

PROMPTS = '''\
ASK = """
Reply with blocks:
<<<<<<< SEARCH
old
=======
new
>>>>>>> REPLACE
or with a file:
```python
x = 1
```
"""


def ask():
    return ASK
'''


@pytest.mark.parametrize(
    "reply", [fenced("{}"), "Sure.\n" + fenced("{}", "") + "Done.\n" + fenced("ls -l\n", "sh"), "{}"]
)
def test_a_whole_file_may_quote_blocks_and_fences(reply: str) -> None:
    program = Program({"main.py": PROMPTS})
    new = PROMPTS.replace("return ASK", "return ASK.strip()")
    assert not any(isinstance(part, Block) for part in parts_in(reply.replace("{}", new), ()))
    assert from_reply(program, reply.replace("{}", new)).program.files == {"main.py": new}


@pytest.mark.parametrize(
    "damage", [("return ASK", "return (ASK"), ('"""\n\n\ndef ask', "\n\n\ndef ask"), ("def ask()", "def ask(")]
)
@pytest.mark.parametrize("reply", [fenced("{}"), "Sure.\n" + fenced("{}", "") + fenced("ls -l\n", "sh"), "{}"])
def test_what_a_damaged_file_quotes_is_not_taken_for_a_reply(reply: str, damage: tuple[str, str]) -> None:
    asking = PROMPTS.replace("x = 1\n", "def ask():\n    pass\n```\nor\n```python\ndef ask():\n    return 1\n")
    program = Program({"main.py": asking})
    assert accepted(program, reply.replace("{}", asking + "\n\nX = 1\n"))
    for end in range(len('ASK = """'), asking.rindex('"""') + 3):
        assert not accepted(program, reply.partition("{}")[0] + asking[:end])
    new = asking.replace(*damage)
    assert new != asking
    assert not accepted(program, reply.replace("{}", new))


def test_a_block_may_quote_blocks_if_its_own_marks_are_longer() -> None:
    program = Program({"main.py": PROMPTS})
    old = PROMPTS[PROMPTS.index("<<<") : PROMPTS.index("or with")]
    assert "longer" not in failure(lambda: from_reply(program, block(old, "")))
    assert "more of <, = and >" in failure(lambda: from_reply(program, block(old, "")))
    made = from_reply(program, block(old, "", size=8))
    assert made.program.files["main.py"] == PROMPTS.replace(old, "")


# Whole files

NEW = with_step()


@pytest.mark.parametrize(
    "reply",
    [
        fenced(NEW),
        fenced(NEW, "js"),
        fenced(NEW, ""),
        fenced(NEW, "python", "~~~"),
        fenced(NEW, "python", "`````"),
        NEW,
        NEW.removesuffix("\n"),
        "```python\n" + NEW,
        "Of course!\n\n" + fenced(NEW).replace("\n", "\r\n"),
        fenced(SOURCE.replace("0.5", "0.7"))
        + "No, better:\n"
        + fenced(NEW)
        + "Run it:\n"
        + fenced("python main.py\n", "sh"),
        fenced(NEW) + "It prints\n" + fenced("42\n", "") + "for\n" + fenced("walk = 1\nprint(improve(1))\n"),
        "1. Like so:\n\n" + textwrap.indent(fenced(NEW), "   "),
        "````markdown\nThe file:\n" + fenced(NEW) + "````\n",
        fenced(NEW, "python main.py"),
        fenced(NEW, 'python title="main.py"'),
        fenced(NEW, "python path=./main.py"),
        fenced(NEW, "python:main.py"),
        "**main.py**\n\n" + fenced(NEW),
        "### File: `main.py` (changed)\n" + fenced(NEW),
        "# main.py\n" + fenced(NEW),
        "2. main.py:\n" + fenced(NEW),
    ],
)
def test_a_whole_file_is_read_whatever_it_wears(reply: str) -> None:
    made = from_reply(MAIN, reply)
    assert made.program.files == {"main.py": NEW}
    assert [edit[:2] for edit in made.program.edits] == [("replace", "main.py:step")]
    assert from_reply(MAIN, reply, "main.py") == made


def test_files_are_told_apart_by_their_labels_and_by_what_they_define() -> None:
    tools = TWO.files["lib/tools.py"].replace("3", "4")
    labelled = "lib/tools.py\n" + fenced(tools) + "`main.py`:\n" + fenced(NEW) + "notes.md\n" + fenced("# New\n", "md")
    expected = {"lib/tools.py": tools, "main.py": NEW, "notes.md": "# New\n"}
    assert from_reply(TWO, labelled).program.files == expected
    unlabelled = fenced(tools) + fenced(NEW) + fenced("# notes.md\n# New\n", "")
    assert from_reply(TWO, unlabelled).program.files == expected | {"notes.md": "# notes.md\n# New\n"}
    made = from_reply(TWO, labelled)
    assert [edit[:2] for edit in made.program.edits] == [
        ("replace", "lib/tools.py:LIMIT"),
        ("replace", "main.py:step"),
        ("replace", "notes.md"),
    ]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("", ["no text in the reply"]),
        ("I can't do that.", ["no code found", "<<<<<<< SEARCH", "not Python: line 1"]),
        ("Done", ["no text in the reply defines anything", "a file defines now"]),
        (fenced("other = 1\n"), ["defines anything"]),
        (fenced(SOURCE), ["nothing changes: main.py"]),
        (fenced(SOURCE.replace("\n", "\r\n")), ["nothing changes: main.py"]),
        (fenced(NEW, "python walk.py"), ["no file 'walk.py'", "the files are main.py, lib/tools.py, notes.md"]),
        ("```python\n" + NEW[:-40] + "(", ["cut off", "line 1 is never closed"]),
        (fenced(SOURCE.replace("0.5", "0.7")) + "```python\n" + NEW[:-40] + "(", ["cut off", "is never closed"]),
        (fenced(NEW.replace("**2", "**")), ["main.py would not parse", "line 10", "size**"]),
        (NEW.replace("**2", "**"), ["no code found", "line 10"]),
        (fenced("def step():\n    pass\n\n\nLIMIT = 1\n"), ["may be main.py or lib/tools.py", "name the file"]),
        (fenced("\ufeff" + NEW), ["U+FEFF"]),
        (fenced(NEW.replace("**2", "**2  # \u2067")), ["U+2067"]),
        (fenced(NEW.replace("**2", "**'\0'")), ["U+0000"]),
    ],
)
def test_a_whole_file_that_cannot_be_applied_says_why(reply: str, words: list[str]) -> None:
    said = failure(lambda: from_reply(TWO, reply))
    assert [word for word in words if word not in said] == []


PROMPT = '# Task\n\nIt\'s a """ of its own kind: {task}\n\n- One idea.\n'
TEXTS = Program({"main.py": SOURCE, "prompts/draft.md": PROMPT, "settings.toml": "rate = 0.5\nstep = 1\n"})
LONGER_PROMPT = PROMPT + "- Say why.\n"


@pytest.mark.parametrize(
    ("reply", "path"),
    [
        ("prompts/draft.md\n" + fenced(LONGER_PROMPT, ""), None),
        ("**prompts/draft.md**\n\n" + fenced(LONGER_PROMPT, "markdown"), None),
        (fenced(LONGER_PROMPT, "markdown prompts/draft.md"), None),
        (fenced(LONGER_PROMPT, "md"), "prompts/draft.md"),
        (fenced(LONGER_PROMPT, ""), "prompts/draft.md"),
        ("An example:\n" + fenced("x\n", "") + "prompts/draft.md\n" + fenced(LONGER_PROMPT, ""), "prompts/draft.md"),
        (block("- One idea.\n", "- One idea.\n- Say why.\n", "prompts/draft.md"), None),
        (block("- One idea.\n", "- One idea.\n- Say why.\n"), None),
        (block("- One idea.\n", "- One idea.\n- Say why.\n"), "prompts/draft.md"),
    ],
)
def test_a_file_that_is_not_python_is_edited_as_a_whole_or_by_blocks(reply: str, path: str | None) -> None:
    made = from_reply(TEXTS, reply, path).program
    assert made.files == {**TEXTS.files, "prompts/draft.md": LONGER_PROMPT}
    assert made.edits == (Edit("replace", "prompts/draft.md", "", "- Say why."),)


def test_a_text_may_hold_fences_if_its_own_is_longer() -> None:
    text = PROMPT + fenced("x = 1\n") + "And so on.\n"
    made = from_reply(TEXTS, "prompts/draft.md\n" + fenced(text, "markdown", "````"))
    assert made.program.files["prompts/draft.md"] == text


@pytest.mark.parametrize(
    ("reply", "path", "words"),
    [
        ("prompts/draft.md\n" + fenced(PROMPT + fenced("x = 1\n") + "So.\n", ""), None, ["holds another", "````"]),
        ("prompts/draft.md\n" + fenced(PROMPT + fenced("x\n", "") + "So.\n", ""), None, ["names no file", "````"]),
        ("prompts/draft.md\n```\n" + PROMPT, None, ["cut off", "never closed"]),
        ("prompts/draft.md\n```\n# Task\n", None, ["cut off", "never closed"]),
        ("```\n# Task\n", "prompts/draft.md", ["cut off", "never closed"]),
        (fenced("# Other\n", ""), None, ["defines anything"]),
        (fenced("rate = 0.7\n", "toml"), None, ["defines anything"]),
        ("Done", "prompts/draft.md", ["no text found"]),
        (fenced("one\n", "") + fenced("two\n", ""), "prompts/draft.md", ["2 fences", "name it"]),
        ("prompts/draft.md\n" + fenced("\u202eksaT\n", ""), None, ["U+202E"]),
        ("prompts/draft.md\n" + fenced("\n", ""), None, ["would be empty"]),
        ("prompts/judge.md\n" + fenced("x\n", ""), None, ["no file 'prompts/judge.md'"]),
    ],
)
def test_a_text_that_cannot_be_told_apart_is_not_guessed(reply: str, path: str | None, words: list[str]) -> None:
    said = failure(lambda: from_reply(TEXTS, reply, path))
    assert [word for word in words if word not in said] == []


def test_only_the_file_that_was_asked_for_is_changed() -> None:
    assert "only main.py may be changed" in failure(lambda: from_reply(TWO, "notes.md\n" + fenced("x\n"), "main.py"))
    other = block("LIMIT = 3\n", "LIMIT = 4\n", "lib/tools.py")
    assert "only main.py may be changed" in failure(lambda: from_reply(TWO, other, "main.py"))
    assert from_reply(TWO, other, "lib/tools.py").program.files["lib/tools.py"].startswith("LIMIT = 4")
    assert "nowhere in main.py" in failure(lambda: from_reply(TWO, block("LIMIT = 3\n", ""), "main.py"))
    assert "no file 'nothing.py'" in failure(lambda: from_reply(TWO, fenced(NEW), "nothing.py"))


def test_a_program_that_did_not_parse_can_be_mended() -> None:
    broken = Program({"main.py": SOURCE.replace("0.5", "(")})
    made = from_reply(broken, block("RATE = (\n", "RATE = 1\n"))
    assert made.program.edits == (Edit("replace", "main.py", "RATE = (", "RATE = 1"),)


def test_windows_line_ends_in_the_program_are_none_of_the_models_business() -> None:
    made = from_reply(Program({"main.py": SOURCE.replace("\n", "\r\n")}), block(STEP, NEW_STEP))
    assert made.program.files == {"main.py": NEW}
    assert [edit.target for edit in made.program.edits] == ["main.py:step"]


# Functions by name


def test_several_functions_at_once_and_new_ones_beside_them() -> None:
    square, step = "# squared\ndef square(x):\n    return x * x\n", "def step(size):\n    return square(size)\n"
    more = "@cache\ndef more():\n    pass\n"
    made = replace_function(MAIN, f"{square}\n{step}\n{more}").program
    new = f"{square}\n\n# how far\n{step}\n\n{more}"
    assert made.files["main.py"] == SOURCE.replace("# how far\n" + STEP, new)
    assert {edit[:2] for edit in made.edits} >= {
        ("insert", "main.py:square"),
        ("replace", "main.py:step"),
        ("insert", "main.py:more"),
    }


def test_a_new_function_stays_below_what_heads_the_file() -> None:
    program = Program({"main.py": "#!/usr/bin/python\n\ndef f():\n    return 1\n"})
    made = replace_function(program, "def g():\n    return 2\ndef f():\n    return g()\n")
    text = "#!/usr/bin/python\n\ndef g():\n    return 2\n\n\ndef f():\n    return g()\n"
    assert made.program.files["main.py"] == text


def test_methods_are_replaced_in_their_class_and_the_rest_of_it_stays() -> None:
    source = "class Walk:\n  ...\n  def run(self, steps):\n    return self.more()\n  def more(self):\n    return 1\n"
    made = replace_function(MAIN, source).program
    old = SOURCE[SOURCE.index("    def run") : SOURCE.index("\n\ndef improve")]
    new = "    def run(self, steps):\n        return self.more()\n\n    def more(self):\n        return 1\n"
    assert made.files["main.py"] == SOURCE.replace(old, new)
    assert [edit[:2] for edit in made.edits] == [("replace", "main.py:Walk.run"), ("insert", "main.py:Walk.more")]


def test_a_class_with_anything_but_methods_replaces_the_class() -> None:
    made = replace_function(MAIN, "class Walk:\n    start = 1\n\n    def run(self, steps):\n        return 0\n")
    assert "__init__" not in made.program.files["main.py"]
    assert "this deletes `Walk.__init__` from main.py" in made.notes


def test_indented_source_and_comments_above_it_are_taken_as_they_are() -> None:
    source = '    # new\n    def step(size):\n        return """\nx"""\n'
    made = replace_function(MAIN, source).program.files["main.py"]
    assert made == SOURCE.replace("# how far\n" + STEP, '# new\ndef step(size):\n    return """\nx"""\n')


def test_namesakes_are_replaced_together_or_not_at_all() -> None:
    getter, setter = (
        "    @property\n    def x(self):\n        return 1\n",
        "    @x.setter\n    def x(self, x):\n        pass\n",
    )
    twice = f"class C:\n{getter}\n{setter}"
    program = Program({"main.py": twice})
    assert "x is defined 2 times" in failure(lambda: replace_function(program, "class C:\n    def x(self): ...\n"))
    assert replace_function(program, twice.replace("1", "2")).program.files["main.py"] == twice.replace("1", "2")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def stop(size):\n    pass\n", ["no stop", "nearest are step (main.py)"]),
        ("def run(self):\n    pass\n", ["no run", "Walk.run (main.py)", "a method is shown in its class"]),
        ("class Walk:\n    def jump(self):\n        pass\n", ["no Walk.jump"]),
        ("class Wolk:\n    def run(self):\n        pass\n", ["no Wolk", "Walk (main.py)"]),
        ("def qqqq(): pass\n", ["there are step (main.py), Walk (main.py)"]),
        ("import os\n\ndef step(size):\n    return 1\n", ["functions and classes only", "`import os`"]),
        ("def step(size)\n    return 1\n", ["the source does not parse: line 1", "def step(size)"]),
        ("    def step(size):\n        return (\n", ["the source does not parse: line 2"]),
        ("", ["no function"]),
        (STEP, ["nothing changes: main.py"]),
        (f"def step():\n    return {'-' * 1500}1\n", ["nested too deeply"]),
    ],
)
def test_functions_that_cannot_be_replaced_say_why(source: str, words: list[str]) -> None:
    said = failure(lambda: replace_function(TWO, source))
    assert [word for word in words if word not in said] == []


def test_functions_are_looked_for_in_all_files_or_in_the_one_named() -> None:
    clip = "def clip(x):\n    return x\n"
    assert replace_function(TWO, clip).program.edits[0].target == "lib/tools.py:clip"
    assert "no clip" in failure(lambda: replace_function(TWO, clip, "main.py"))
    assert "no file 'x.py'" in failure(lambda: replace_function(TWO, clip, "x.py"))
    same = Program({"main.py": "", "a.py": clip, "b.py": clip})
    assert "defined in a.py and b.py" in failure(lambda: replace_function(same, "def clip(x): ...\n"))


# Tools


def test_tools_are_described_and_take_what_they_describe() -> None:
    assert [tool["name"] for tool in TOOLS] == ["write_file", "search_replace", "replace_function"]
    for each in TOOLS:
        schema = each["parameters"]
        assert each["description"] and set(schema["required"]) <= schema["properties"].keys()
        given = dict.fromkeys(schema["properties"], "")
        with pytest.raises(EditFailed, match=r"no file ''|no text|no function"):
            by_tool(MAIN, ToolCall(each["name"], given))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (ToolCall("rm", {}), ["no tool 'rm'", "write_file, search_replace, replace_function"]),
        (ToolCall("write_file", {}, "", "Expecting value: line 1"), ["write_file", "Expecting value: line 1"]),
        (ToolCall("write_file", {"path": "main.py"}), ["missing: content"]),
        (ToolCall("write_file", {"path": "main.py", "content": 1}), ["not a string: content"]),
        (ToolCall("write_file", {"path": None, "content": NEW}), ["not a string: path"]),
        (ToolCall("search_replace", {"search": "x", "replace": "y", "file": "main.py"}), ["unknown: file", "path"]),
        (ToolCall("write_file", {"path": "x.py", "content": NEW}), ["no file 'x.py'"]),
        (
            ToolCall("replace_function", {"source": NEW_STEP, "name": "Walk.run"}),
            ["Walk.run was named", "defines step"],
        ),
        (ToolCall("replace_function", {"source": NEW_STEP, "name": "Walk.step"}), ["no Walk.step"]),
        (ToolCall("replace_function", {"source": NEW_STEP, "name": "Run.step"}), ["no Run.step"]),
    ],
)
def test_a_call_that_cannot_be_made_says_why(call: ToolCall, words: list[str]) -> None:
    said = failure(lambda: by_tool(MAIN, call))
    assert [word for word in words if word not in said] == []


def test_a_class_can_be_named_too() -> None:
    source = "class Walk:\n    def run(self, steps):\n        return 0\n"
    by_name = by_tool(MAIN, ToolCall("replace_function", {"source": source, "name": "Walk"}))
    assert by_name == replace_function(MAIN, source)


# What is recorded


@pytest.mark.parametrize(
    ("old", "new", "edits"),
    [
        ("RATE = 0.5\n", "RATE = 0.25\n", [("replace", "RATE", "RATE = 0.5", "RATE = 0.25")]),
        ("import math\n", "import math\nimport os\n", [("insert", "import os", "", "import os")]),
        ("import math\n", "import cmath\n", [("replace", "import math", "import math", "import cmath")]),
        ("# how far\n", "", [("delete", "# how far", "# how far", "")]),
        ("# how far\n", "# how wide\n", [("replace", "# how far", "# how far", "# how wide")]),
        ("    start = 0\n", "    start = 1\n", [("replace", "Walk.start", "start = 0", "start = 1")]),
        ("class Walk:", "class Walk(Base):", [("replace", "Walk", "class Walk:", "class Walk(Base):")]),
        ("        place = self.start\n", "", [("replace", "Walk.run", "place = self.start", "")]),
        (
            STEP,
            "def leap(size):\n    return 2\n",
            [("delete", "step", STEP.strip(), ""), ("insert", "leap", "", "def leap(size):\n    return 2")],
        ),
        ("\n\n\ndef improve", "\n\ndef improve", [("replace", "", "", "")]),
        ('"""A walk."""', '"""A run."""', [("replace", '"""A walk."""', '"""A walk."""', '"""A run."""')]),
    ],
)
def test_differences_are_recorded_by_statement_and_method(old: str, new: str, edits: list[tuple[str, ...]]) -> None:
    assert SOURCE.count(old) == 1
    made = whole_file(MAIN, SOURCE.replace(old, new)).program.edits
    assert [(e.operator, e.target.partition(":")[2], e.before, e.after) for e in made] == edits
    assert all(edit.target.startswith("main.py") for edit in made)


def test_a_function_that_moves_goes_and_comes() -> None:
    moved = SOURCE.replace("# how far\n" + STEP + "\n\n", "") + "\n\n" + STEP
    made = whole_file(MAIN, moved)
    assert ("delete", "main.py:step") in [edit[:2] for edit in made.program.edits]
    assert ("insert", "main.py:step") in [edit[:2] for edit in made.program.edits]
    assert made.notes == ()


def test_what_is_recorded_is_short() -> None:
    long = "def step(size):\n    return [" + ", ".join(map(str, range(400))) + "]\n"
    made = whole_file(MAIN, with_step(long)).program.edits[0]
    assert len(made.after) == 200 and made.after.endswith("…")
    renamed = whole_file(MAIN, with_step(long.replace("step", "x" * 99)))
    assert all(len(edit.target) < 120 for edit in renamed.program.edits)


CLASSES = [
    "class C:\n    x = 1\n\n    def m(self):\n        pass\n",
    "class C(X):\n    def m(self):\n        return 1\n    # foot\n",
]
FUNCTIONS = ["def f():\n    return 1\n", "def f():\n    return 2\n", "def g():\n    pass\n"]
PLAIN = ["import a\n", "X = 1\n", "X = 2\n", "Y: int = 1\n", "# c\n", "print(X)\n", "\n"]
PAIRS = st.lists(st.sampled_from([*PLAIN, *FUNCTIONS, *CLASSES]), min_size=1, max_size=6).map("".join)


@given(PAIRS, PAIRS)
@settings(deadline=None)
def test_every_difference_is_recorded_and_nothing_else(old: str, new: str) -> None:
    program = Program({"main.py": old})
    assume(old.strip())
    if old == new or not new.strip():
        assert re.search("nothing changes|would be empty", failure(lambda: whole_file(program, new)))
        return
    made = whole_file(program, new).program
    assert made.files == {"main.py": new}
    assert made.edits
    for edit in made.edits:
        assert edit.operator in ("replace", "insert", "delete")
        assert squeezed(edit.before) in squeezed(old) and squeezed(edit.after) in squeezed(new)
        assert bool(edit.before) >= (edit.operator == "delete") and bool(edit.after) >= (edit.operator == "insert")
    recorded = {edit[:2] for edit in made.edits}
    assert {("delete", f"main.py:{name}") for name in defined(old) - defined(new)} <= recorded
    assert {("insert", f"main.py:{name}") for name in defined(new) - defined(old)} <= recorded


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_what_an_ancestor_gave_up_is_restored() -> None:
    ancestor = {"main.py": SOURCE + "\n\ndef lost(x):\n    '''Documented.'''\n    return x\n"}
    method = "    def turn(self):\n        return 1\n\n"
    ancestor["main.py"] = ancestor["main.py"].replace("    def run", method + "    def run").replace("0.5", "0.1")
    program = Program(MAIN.files, deleted=deleted([ancestor], MAIN.files))
    new = SOURCE.replace("    def run", method + "    def run").replace("0.5", "0.1").replace("size\n", "size + 1\n")
    made = whole_file(program, new + "\n\ndef lost( x ):  # again\n    return x\n\n\ndef fresh():\n    pass\n")
    assert {edit[:2] for edit in made.program.edits} == {
        ("restore", "main.py:RATE"),
        ("replace", "main.py:step"),
        ("restore", "main.py:Walk.turn"),
        ("restore", "main.py:lost"),
        ("insert", "main.py:fresh"),
    }
    assert [note.partition("`")[2].partition("`")[0] for note in made.notes] == ["RATE", "Walk.turn", "lost"]
    assert all("this brings back" in note and "ancestor" in note for note in made.notes)
    assert made.program.deleted == program.deleted


def test_what_is_deleted_is_told() -> None:
    assert whole_file(MAIN, SOURCE.replace(STEP, "")).notes == ("this deletes `step` from main.py",)


# Damage

REPLIES = [
    block(STEP, NEW_STEP),
    fenced(block(STEP, NEW_STEP) + block("RATE = 0.5\n", "RATE = 1\n", "main.py")),
    "Here:\n\n" + fenced(NEW) + "\nDone.",
    "main.py\n" + fenced(NEW),
    NEW,
]
LITTER = [
    "",
    "\n",
    "```\n",
    "=======\n",
    "<<<<<<< SEARCH\n",
    ">>>>>>> REPLACE\n",
    " ",
    "(",
    '"""',
    "\0",
    "\u202e",
    "\ufeff",
    "…",
    "def f(",
    "\r",
]


def accepted(program: Program, reply: str) -> bool:
    """Whether a reply was; if so, it did change the program, into one that compiles, and says how."""
    try:
        made = from_reply(program, reply).program
    except EditFailed as failed:
        assert str(failed)
        return False
    assert made.files != program.files and made.edits
    assert made.files.keys() == program.files.keys()
    for path, text in made.files.items():
        assert text == program.files[path] or text.endswith("\n")
        if path.endswith(".py"):
            compile(text, path, "exec", dont_inherit=True)
    return True


@pytest.mark.slow
@given(st.sampled_from(REPLIES), st.data())
@settings(deadline=None, max_examples=200)
def test_a_damaged_reply_changes_the_program_for_one_that_compiles_or_not_at_all(
    reply: str, data: st.DataObject
) -> None:
    assert accepted(TWO, reply)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(reply)))
        end = data.draw(st.integers(start, min(len(reply), start + 60)))
        reply = reply[:start] + data.draw(st.sampled_from(LITTER) | st.text(max_size=5)) + reply[end:]
    accepted(TWO, reply)


@pytest.mark.parametrize("reply", REPLIES)
def test_a_reply_that_is_cut_off_is_refused_unless_what_is_there_is_whole(reply: str) -> None:
    taken = [end for end in range(len(reply)) if accepted(MAIN, reply[:end])]
    assert len(taken) < len(reply) / 2
    for end in taken:
        assert len(re.findall("<{5,}", reply[:end])) == len(re.findall(">{5,} REPLACE", reply[:end]))


@given(st.text())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_said_nothing_but_an_edit_or_a_failure_comes_of_it(reply: str) -> None:
    accepted(TWO, reply)
    for mark in ("<<<<<<< SEARCH\n", "```\n", "main.py\n```python\n"):
        accepted(TWO, mark + reply)
    for name in ("write_file", "search_replace", "replace_function"):
        with pytest.raises(EditFailed):
            by_tool(
                TWO,
                ToolCall(name, {"path": reply, "content": reply, "search": reply, "replace": reply, "source": reply}),
            )


# In a sandbox

DRIVER = """
from godel.contract import Program
from godel.contract.editing import from_reply

def run(program, request):
    made = from_reply(Program.from_json(request["program"]), request["reply"])
    return [made.program.to_json(), list(made.notes)]
"""


def test_it_does_the_same_inside_a_sandbox(tier: Tier) -> None:
    session = Session(tier.start(Spec("scaffold", ("libcst",), Limits(memory_bytes=2048 * MiB))))
    try:
        session.wait_ready()
        child = session.spawn(RunProgram(Program({"main.py": ""}), DRIVER))
        assert child.receive(60) == "ready"
        child.send({"program": TWO.to_json(), "reply": REPLIES[1]})
        made = from_reply(TWO, REPLIES[1])
        assert child.receive(60) == [made.program.to_json(), list(made.notes)]
    finally:
        session.close()
