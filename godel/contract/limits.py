"""What untrusted code may hand over, at most: the one table, for guests, judges and the host.

All of it is looked at before anything is parsed, compared or stored. What is over a limit is the
failure of whoever sent it, with the limit in the reason; what is only told (edits, texts) is cut, with a mark.
"""

from __future__ import annotations

# --- a message from a guest (sandbox/guest/json_lines.py) ---

FRAME_BYTES = 16 << 20
"""One line. An answer of twelve million bytes as base64 fits; a flood does not fill the host's memory."""

JSON_DEPTH = 100
"""Lists and objects in one another. Python's reader and writer give up near 1,000, depending on who calls."""

JSON_VALUES = 1 << 20
"""Values in one message: a byte of text can become a hundred of memory. Arrays travel as one string each."""

NUMBER_DIGITS = 300
"""In a row, in a number: Python reads 4,300 at most, and an integer of 310 is no float any more."""

# --- a program (godel/scoring/received.py; the gate asks for more) ---

PROGRAM_BYTES = 1 << 20
"""Names and texts together, in UTF-8. Seeds have 30 kB; every rung of the gate reads all of it."""

PROGRAM_FILES = 64
"""The largest seed has 11."""

PATH_CHARACTERS = 120
"""A name is printed in a line, and one part of it fits every file system."""

PATH_DEPTH = 4
"""Parts of a path: every folder costs whoever writes the program out."""

# --- a scaffold's Python source (godel/contract/syntax.py) ---

LINE_CHARACTERS = 10_000
"""Of its longest line: parsers keep columns, diffs and messages quote lines."""

SOURCE_WORDS = 100_000
"""Words and signs of all its files: each costs some microseconds on each rung. Seeds have 10,000."""

SYNTAX_DEPTH = 150
"""Of its syntax tree: what walks one in Python takes several frames a level, of 1,000."""

INTEGER_BITS = 4096
"""Of a constant: Python does not print integers of more than 4,300 digits."""

# --- a program that a judge reads and never runs (tasks/judging/reading.py) ---

READ_CHARACTERS = 8_000
"""Of its text. Honest ones have 1,000."""

READ_WORDS = 1_500
"""Words and signs: what a judge does with each of its inputs is bounded by them."""

READ_DEPTH = 40
"""Of its syntax tree. Honest ones are 15 deep."""

READ_BRACKETS = 20
"""In one another, seen before it is parsed: where brackets nest deeply, Python's parser may try all ways."""

# --- what is told, and kept (godel/scoring/received.py) ---

EDITS = 32
"""Of one proposal. Honest ones are one to three."""

EDIT_CHARACTERS = 2_000
"""Of each field of an edit. The whole change is in the two trees."""

REASON_CHARACTERS = 1_000
"""Of why a proposal failed or was refused."""

REQUESTS = 20_000
"""Of one improve, utility and model together: each answer is kept, so that it can be replayed."""

NAME_CHARACTERS = 200
"""Of a model or a tool that a guest or a model names."""

TOOL_CALLS = 64
"""Of one reply of a model."""

FLAGS, FLAG_CHARACTERS = 16, 200
"""Of one verdict: a judge may quote an answer."""

DETAIL_CHARACTERS = 2_000
"""Of why a judge could not score: it may quote an answer too."""

# --- what a scaffold is told besides a score (godel/scoring/feedback.py, godel/loop/context.py) ---

TOLD_CHARACTERS = 300
"""Of why a program failed: an exception and its place. A candidate writes part of it."""

TOLD_NUMBERS, TOLD_NAME_CHARACTERS = 32, 60
"""That a judge tells of one instance, and of the name of each."""

LOG_CHARACTERS = 2_000
"""Of the end of what an improve has printed: that much is kept."""
