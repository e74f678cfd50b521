"""Each form of a reply by itself, where the corpus has too few of a kind: what is read, and what is asked about."""

from __future__ import annotations

import pytest
from corpus import programs

from godel.contract import Program, ToolCall
from godel.contract.editing import EditFailed, by_tool, from_reply
from godel.contract.editing.answer import answer
from godel.contract.editing.elisions import is_elision
from godel.contract.editing.paths import mentioned, resolved

PROGRAMS = programs()
BINS, CUT, SCAFFOLD, PROMPTED = (PROGRAMS[name] for name in ("bins", "cut", "scaffold", "prompted"))
MAIN = BINS.files["main.py"]


def fenced(text: str, info: str = "python") -> str:
    return f"```{info}\n{text}```\n"


def block(search: str, replace: str) -> str:
    return f"<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n"


def asked(program: Program, reply: str) -> str:
    with pytest.raises(EditFailed) as failed:
        from_reply(program, reply)
    return str(failed.value)


def read(program: Program, reply: str, path: str = "main.py") -> str:
    made = from_reply(program, reply).program.files
    assert all(made[other] == text for other, text in program.files.items() if other != path)
    return made[path]


@pytest.mark.parametrize(
    "words",
    [
        "...",
        "…",
        "... existing code ...",
        "... (rest of the code unchanged)",
        "rest of the code unchanged",
        "The rest of the file remains the same.",
        "remaining functions unchanged",
        "(same as before)",
        "unchanged",
        "[unchanged]",
        "... other methods ...",
        "Other functions remain as before...",
        "existing imports",
        "previous code here",
        "implementation omitted for brevity",
        "no changes here",
        "Rest bleibt unverändert",
        "le reste du code est inchangé",
        "el resto sin cambios",
        "其余代码保持不变",
        "остальное без изменений",
        "以下省略",
    ],
)
def test_a_line_that_stands_for_others(words: str) -> None:
    assert is_elision(words)


@pytest.mark.parametrize(
    "words",
    [
        "how far",
        "existing edges first",
        "the same seed gives the same cut",
        "unchanged nodes keep their side",
        "of a node's neighbours, the part that is asked",
        "rest of the nodes",
        "other things being equal, prefer the emptier bin",
        "as before a step, but with less noise",
        "stop when nothing changes",
        "TODO: faster",
        "type: ignore",
        "remaining room in the bin",
        "the original temperature",
        "keep the best so far, since the rest of the search may only make it worse than what was there before",
    ],
)
def test_a_comment_like_others(words: str) -> None:
    assert not is_elision(words)


@pytest.mark.parametrize(
    ("files", "named", "meant"),
    [
        (["main.py"], "./main.py", "main.py"),
        (["main.py"], "/main.py", "main.py"),
        (["main.py"], "scaffolds/stop/main.py", "main.py"),
        (["main.py"], "scaffolds\\stop\\main.py", "main.py"),
        (["main.py", "lib/main.py"], "a/lib/main.py", "lib/main.py"),
        (["main.py", "lib/main.py"], "main.py", "main.py"),
        (["main.py", "lib/tools.py"], "tools.py", "lib/tools.py"),
        (["a/x.md", "b/x.md"], "x.md", ""),
        (["main.py", "lib/tools.py"], "lib/main.py", ""),
        (["main.py"], "domain.py", ""),
        (["main.py"], "", ""),
    ],
)
def test_a_path_as_a_person_writes_it(files: list[str], named: str, meant: str) -> None:
    assert resolved(files, named) == meant


def test_a_sentence_speaks_of_one_file_or_of_none() -> None:
    assert mentioned("Now change `prompts.py`, please:", SCAFFOLD.files) == "prompts.py"
    assert mentioned("main.py needs what prompts.py has:", SCAFFOLD.files) == ""


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("<think>a</think>b", "b"),
        ("<think>a</think>\nb", "\nb"),
        ("<THINK>\na\n</THINK>\n\nb", "\n\nb"),
        ("a\n</think>\nb", "\nb"),
        ("a\n</think>\nb\n</think>\nc", "\nc"),
        ("```\n</think>\n```\n", "```\n</think>\n```\n"),
        ("pattern = '</think>'\nx", "pattern = '</think>'\nx"),
        ("b<|end|>", "b"),
    ],
)
def test_thinking_is_left_out(reply: str, said: str) -> None:
    assert answer(reply) == said


def test_a_program_that_speaks_of_thinking_is_read_to_its_end() -> None:
    text = MAIN + 'END = """\n</think>\n"""\n'
    assert read(BINS, fenced(text)) == text


def test_a_gap_in_a_replacement_is_not_written_into_the_file() -> None:
    search = "    left = room - item\n    if left < SLACK:\n"
    said = asked(BINS, block(search, "    left = room\n    # ... rest of the function unchanged ...\n    if left:\n"))
    assert "rest of the function unchanged" in said and "in place of code" in said
    diff = "--- a/main.py\n+++ b/main.py\n@@\n-    left = room - item\n+    left = 0\n+    # ... existing code ...\n"
    assert "in place of code" in asked(BINS, diff)
    gap = MAIN.replace("    return -left\n", "    # ... existing code ...\n    return -left\n")
    with pytest.raises(EditFailed, match="in place of code"):
        by_tool(BINS, ToolCall("write_file", {"path": "main.py", "content": gap}))


def test_what_is_still_used_does_not_vanish_by_a_block() -> None:
    assert "math (main.py)" in asked(BINS, block("import math\n", ""))
    gone = 'def correction(problem: str) -> Message:\n    return message("user", CORRECTION.format(problem=problem))\n'
    assert "correction (prompts.py)" in asked(SCAFFOLD, "prompts.py\n" + block(gone, ""))


def test_a_whole_file_of_which_another_takes_less_is_taken_as_it_is() -> None:
    """Both files change together: what neither of them needs any more goes."""
    prompts = SCAFFOLD.files["prompts.py"].replace("correction", "amend")
    writer = SCAFFOLD.files["writer.py"].replace("correction", "amend")
    made = from_reply(SCAFFOLD, f"prompts.py\n{fenced(prompts)}\nwriter.py\n{fenced(writer)}").program.files
    assert made == {**SCAFFOLD.files, "prompts.py": prompts, "writer.py": writer}


def test_a_file_without_what_the_others_take_from_it_is_a_part_of_it() -> None:
    kept = read(SCAFFOLD, "prompts.py\n" + fenced('TASK = "Better: {description} {entry} {program}"\n'), "prompts.py")
    assert kept.count("TASK =") == 1 and "def correction" in kept and "EXPERTISE =" in kept


def test_a_class_without_some_methods_is_a_part_of_it() -> None:
    shown = 'class Writer:\n    """Counts."""\n\n    def _ask(self, messages, samples):\n        return []\n'
    kept = read(SCAFFOLD, fenced(shown), "writer.py")
    assert (
        "def versions" in kept and "def __init__" in kept and '"""Counts."""' in kept and "RequestRefused):" not in kept
    )


def test_a_new_constant_comes_before_what_uses_it() -> None:
    shown = "FAIR = 0.5\nSLACK = FAIR / 2\n\n\ndef score(item, room, fair=FAIR):\n    return fair - SLACK\n"
    made = read(BINS, fenced(shown))
    scope: dict[str, object] = {}
    exec(made, scope)
    assert scope["SLACK"] == 0.25 and scope["POWER"] == 2.0


def test_an_import_of_the_future_stays_first() -> None:
    made = read(BINS, fenced("from __future__ import annotations\n\nSLACK = 0.5\n"))
    compile(made, "main.py", "exec")
    assert "SLACK = 0.5" in made and "def priority" in made


@pytest.mark.parametrize(
    ("shown", "word"),
    [
        ("SLACK += 1\n", "defines anything"),
        ("SLACK = 0.5\nprint(SLACK)\n", "no place"),
        ("SLACK = 0.5\n\n\ndef unused():\n    pass\n", "nothing uses it"),
        ("def score(item, room):\n    return helper(item)\n", "helper"),
        ("def score(item, room):\n    left = 0\n    # ... existing code ...\n    return left\n", "gap"),
    ],
)
def test_a_part_without_one_place_is_asked_about(shown: str, word: str) -> None:
    assert word in asked(BINS, fenced(shown))


def test_two_alternatives_are_asked_about_even_where_they_touch_different_lines() -> None:
    reply = "### Option 1\nCold.\n" + fenced("SLACK = 1.0\n") + "### Option 2\nHot.\n" + fenced("POWER = 9.0\n")
    assert "Option 1 and Option 2" in asked(BINS, reply)
    steps = reply.replace("Option", "Step")
    assert read(BINS, steps) == MAIN.replace("0.25", "1.0").replace("2.0", "9.0")


def test_settings_that_the_program_reads_do_not_vanish() -> None:
    assert "lose replies" in asked(PROMPTED, "steps.toml\n" + fenced("temperature = 0.1\n", "toml"))


def test_an_example_is_told_and_not_used() -> None:
    reply = fenced(MAIN.replace("0.25", "0.5")) + "Try it:\n" + fenced("print(priority(0.5, [0.5]))\n")
    made = from_reply(BINS, reply)
    assert made.program.files["main.py"] == MAIN.replace("0.25", "0.5")
    line = reply.splitlines().index("Try it:") + 2
    assert made.notes == (f"the text in line {line} of the reply was taken for an example, and not used",)


def test_a_part_that_is_like_nothing_stops_all_of_it() -> None:
    loop = "for node in range(9):\n    total = node\n"
    assert "has no place" in asked(BINS, fenced("SLACK = 0.5\n") + "and the loop:\n" + fenced(loop))


def test_a_diff_whose_place_is_not_clear_is_asked_about() -> None:
    program = Program({"main.py": "a = 1\nb = 2\nc = 3\na = 1\nb = 2\nc = 4\n"})
    patch = "```diff\n--- main.py\n+++ main.py\n@@{}\n a = 1\n-b = 2\n+b = 5\n```\n"
    assert "stand 2 times, at lines 1, 4" in asked(program, patch.format(""))
    assert read(program, patch.format(" -4,2 +4,2 @@")) == "a = 1\nb = 2\nc = 3\na = 1\nb = 5\nc = 4\n"
    assert read(program, patch.format(" -2,2 +2,2 @@")) == "a = 1\nb = 5\nc = 3\na = 1\nb = 2\nc = 4\n"


def test_lines_that_read_like_a_diffs_head_are_changed_like_others() -> None:
    program = Program({"main.py": "", "notes.md": "-- one\n++ two\nthree\n"})
    patch = "```diff\n--- notes.md\n+++ notes.md\n@@ -1,3 +1,3 @@\n--- one\n+-- 1\n ++ two\n three\n```\n"
    assert read(program, patch, "notes.md") == "-- 1\n++ two\nthree\n"


def test_all_edits_of_all_forms_are_carried_out_or_none_is() -> None:
    good = fenced("SLACK = 0.5\n") + block("POWER = 2.0\n", "POWER = 3.0\n")
    diff = "```diff\n@@\n-    return -left\n+    return -2 * left\n```\n"
    assert read(BINS, good + diff).count("0.5") == 1
    assert "hunk 1" in asked(BINS, good + diff.replace("-left", "-right"))
    assert "there is no tool" in asked(BINS, good + '<tool_call>\n{"name": "rm", "arguments": {}}\n</tool_call>\n')


def test_what_one_text_shows_twice_is_not_lost() -> None:
    shown = "SLACK = 0.5\nSLACK = SLACK / 2\n\n\ndef score(item, room):\n    return SLACK\n"
    made = read(BINS, fenced(shown))
    assert made.index("SLACK = 0.5") < made.index("SLACK = SLACK / 2")


def test_methods_without_their_class_come_into_it_together() -> None:
    first, second = (f"def {name}(self, *given):\n    return [{at}]\n" for at, name in enumerate(("versions", "_ask")))
    made = read(SCAFFOLD, fenced(f"{first}\n{second}"), "writer.py")
    assert "return [0]" in made and "return [1]" in made and made.count("class Writer") == 1
    assert "def __init__" in made


@pytest.mark.parametrize("body", ["...", "pass", '"""Later."""', "raise NotImplementedError"])
def test_an_outline_is_asked_about(body: str) -> None:
    said = asked(BINS, fenced(f"def priority(item, free):\n    # first this, then that\n    {body}\n"))
    assert "nothing changes" in said or "would do nothing" in said


@pytest.mark.parametrize(
    ("between", "taken"),
    [
        ("Wait, that is too small. Corrected version:", True),
        ("No, better:", True),
        ("Here is the final code:", True),
        ("Or:", False),
        ("A better choice of the number may be:", False),
        ("This one improves on it:", False),
    ],
)
def test_a_second_text_is_taken_if_the_reply_says_that_it_is_the_better_one(between: str, taken: bool) -> None:
    reply = fenced("SLACK = 0.5\n") + f"{between}\n" + fenced("SLACK = 0.75\n")
    if taken:
        assert read(BINS, reply) == MAIN.replace("0.25", "0.75")
    else:
        assert "`SLACK` of main.py more than once" in asked(BINS, reply)


def test_a_tool_that_writes_a_whole_file_does_not_take_a_part_for_it() -> None:
    def write(content: str) -> str:
        call = ToolCall("write_file", {"path": "./main.py", "content": content})
        return by_tool(BINS, call).program.files["main.py"]

    assert write(MAIN.replace("0.25", "0.5")) == MAIN.replace("0.25", "0.5")
    for part in (
        "SLACK = 0.5\n",
        "def score(item, room):\n    return item - room\n",
        MAIN.replace("import math\n", ""),
    ):
        with pytest.raises(EditFailed, match=r"not the whole text of main\.py"):
            write(part)


def test_a_diff_that_is_cut_off_changes_nothing() -> None:
    assert "cut off" in asked(BINS, "```diff\n-SLACK = 0.25\n+SLACK = 0.5\n")


def test_functions_alone_are_a_part_even_if_they_need_nothing_else() -> None:
    alone = "def priority(item, free):\n    return [item - room for room in free]\n"
    assert "SLACK = 0.25" in read(BINS, fenced(alone))
    whole = f'"""Best fit."""\n\n\n{alone}'
    assert read(BINS, fenced(whole)) == whole
