"""Lines that stand for others: "# rest of the code unchanged", "# ... existing code ...", and their kin."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .source import in_strings, lines_of

DOTS = r"(?:\.{3,}|…)"
BEFORE = r"(?:before|above|in the original|the original|original|previous(?:ly)?|existing|now|is)"
KEPT = (
    r"unchanged$|unchanged (?:code|from|below|above|functions?|methods?)|not changed$|no changes?(?: here| needed)?$"
    rf"|(?:as|same as|identical to|as it) (?:the )?{BEFORE}(?: (?:file|code|version|one))?$"
    r"|\bremains? the same|\bstays? the same|omitted|for brevity|unmodified$|untouched$|code goes here|your code here"
    r"|unverändert|bleibt|bleiben|wie (?:bisher|zuvor|vorher|gehabt|oben)|inchangée?s?|sans changement|comme avant"
    r"|reste du|sin cambios|igual que|el resto|sem alterações|o resto|invariat|come prima|без изменений|как раньше"
    r"|不变|不變|保持|同上|省略|変更なし|同じ|그대로|생략|동일"
)
REST = r"\b(?:rest|remainder|remaining|other|others|previous|original|existing|everything else|all else)\b"
THINGS = (
    r"\b(?:code|functions?|methods?|class(?:es)?|imports?|file|program|module|implementation|definitions?|constants?"
    r"|body|logic|unchanged|same|above|below|before|here|stays?|remains?|omitted)\b"
)
WORDS, SHORT = 14, 8
"""A line of more words says something else; one of more than the second number does, if it has no dots."""
LONGEST = 200
COMMENT = re.compile(r"\s*#+\s*(.*)")
CLOTHES = " \t.…-–—=*()[]{}<>#:;!/_"


def is_elision(words: str) -> bool:
    """Whether a comment, or a line of a text, stands for lines that are not shown."""
    if len(words) > LONGEST:
        return False
    dotted = re.search(rf"^\W*{DOTS}|{DOTS}\W*$", words) is not None
    bare = words.strip(CLOTHES).lower()
    if not bare:
        return dotted
    if len(bare.split()) > WORDS:
        return False
    short = len(bare.split()) <= SHORT or not bare.isascii()
    rest, kept = re.search(REST, bare) is not None, re.search(KEPT, bare) is not None
    return (kept or (rest and re.search(THINGS, bare) is not None)) and (dotted or short)


def elisions(text: str, old: str) -> Iterator[tuple[int, str]]:
    """The comments of a Python text that stand for code, with their lines (from 1); none of those that `old` has."""
    lines, known = lines_of(text), {line.strip() for line in lines_of(old)}
    for at, (line, quoted) in enumerate(zip(lines, in_strings(lines), strict=True), 1):
        comment = None if quoted or line.strip() in known else COMMENT.fullmatch(line)
        if comment and is_elision(comment[1]):
            yield at, line.strip()


def gaps(text: str, old: str) -> Iterator[tuple[int, str]]:
    """The same for a text that is not Python: a line in brackets, a comment, or dots."""
    known = {line.strip() for line in lines_of(old)}
    for at, line in enumerate(lines_of(text), 1):
        words = line.strip()
        wrapped = re.fullmatch(rf"[\[(<{{#*/-].*|{DOTS}.*|.*{DOTS}", words) is not None
        if words and words not in known and wrapped and is_elision(words):
            yield at, words
