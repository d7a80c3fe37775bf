"""What a terminal is shown: words of others, and nothing that commands it."""

import logging
import re
from collections.abc import Iterable
from typing import Any

import click
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

_COMMANDING = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1, an escape among them; not tab and line feed
    r"\u200e\u200f\u2028-\u202e\u2066-\u2069]"  # order of writing, ends of lines
)
"""What moves the cursor, changes colours, writes to the clipboard or turns letters around."""


def harmless(text: str) -> str:
    r"""Give a text with each sign that commands a terminal written out, as `\u001b`.

    JSON stays the same JSON: such a sign stands in its strings alone.
    """
    return _COMMANDING.sub(_written_out, text)


def harmless_line(text: str) -> str:
    """Give a text that is one line, with the ends of lines in it written out too."""
    return re.sub(r"[\t\n]", _written_out, harmless(text))


def echo(text: str | bytes, *, err: bool = False) -> None:
    """Print a line or lines."""
    click.echo(harmless(text if isinstance(text, str) else text.decode()), err=err)


class Screen(Console):
    """A terminal that shows what it is given and does only what the program says.

    A name such as `a:b:c` has no picture in it.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"emoji": False} | options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Give the parts of what is shown."""
        for part in super().render(renderable, options):
            yield part if part.control else Segment(harmless(part.text), part.style)


class LogLine(logging.LogRecord):
    """What a log says, whatever names and values of others stand in it."""

    def getMessage(self) -> str:  # noqa: N802, the name that logging calls it by
        """Give the line."""
        return harmless(super().getMessage())


def _written_out(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
