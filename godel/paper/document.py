"""A paper as Markdown, and as a page that stands alone."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from godel.contract.characters import printable
from godel.paper.figures import Figures

STYLE = """\
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: #222; }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; background: #f5f5f5; }
pre { padding: .6rem; overflow-x: auto; }
svg { max-width: 100%; height: auto; }
@media (prefers-color-scheme: dark) { body { background: #181818; color: #ddd; } code, pre { background: #262626; }
  th, td { border-color: #444; } svg { background: #eee; } }
"""
FIGURE = "![figure](report.svg)"
"""Where the figure stands: in Markdown a file beside the paper, in HTML the drawing itself."""
MISSING = "No figure: matplotlib is not installed (`pip install 'godel-lab[compare]'`)."
IMAGE = '<img src="report.svg" alt="figure" />'


@dataclass
class Document:
    """Blocks of Markdown. `figure`: an SVG that stands where FIGURE does, or ""."""

    title: str
    figures: Figures = field(default_factory=Figures)
    blocks: list[str] = field(default_factory=list)
    figure: str = ""

    def section(self, title: str, *paragraphs: str) -> None:
        self.blocks += [f"## {title}", *(each for each in paragraphs if each)]

    def markdown(self) -> str:
        """Raises AssertionError for a number that was not drawn from a file: a mistake of ours."""
        text = "\n\n".join(self.blocks) + "\n"
        strangers = list(self.figures.strangers(text))
        assert not strangers, f"numbers that are drawn from no file: {', '.join(strangers)}"
        return f"# {self.title}\n\n{text}"

    def html(self) -> str:
        from markdown_it import MarkdownIt

        # Raw HTML is shown as text: what a scaffold wrote may be in here.
        body = MarkdownIt("commonmark", {"html": False}).enable("table").render(self.markdown())
        body = body.replace(IMAGE, self.figure)
        title = html.escape(self.title.replace("`", ""))
        return (
            f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title>\n'
            f"<style>{STYLE}</style></head>\n<body>\n{body}</body>\n</html>\n"
        )


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(cell, row))} |" for row in lines)


def cell(text: str) -> str:
    return printable(text).replace("|", "\\|").replace("\n", " ")


def code(text: str, limit: int = 200) -> str:
    """As a name or a piece of source: nothing in it is Markdown."""
    shown = printable(text).replace("`", "'").replace("\n", " ")
    return f"`{shown if len(shown) <= limit else shown[:limit] + '…'}`"


def words(text: str) -> str:
    """A user's sentence: read as it is, with nothing in it that Markdown would load or make a link of."""
    return "".join(f"\\{each}" if each in "`[]!<>*_|\\" else each for each in printable(text).replace("\n", " "))


def commands(lines: Iterable[str]) -> str:
    return "\n".join(["```console", *(f"$ {line}" for line in lines), "```"])
