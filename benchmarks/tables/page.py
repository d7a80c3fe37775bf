"""A page with its tables put between their markers.

A table's place is marked `<!-- table: NAME -->` ... `<!-- end -->`. NAME is a result, NAME.PART a
further table of it; `headline` joins figures of several.
"""

import re
from typing import Any

from benchmarks.tables.headline import headline
from benchmarks.tables.results import MissingFigureError, Results, Row

_BEGIN = re.compile(r"<!-- table: ([\w.-]+) -->\n")
_END = "<!-- end -->"


def filled(page: str, results: Results) -> str:
    """Give a page with every table as the results have it.

    Raises MissingFigureError naming each table whose result or figure is missing, and why.
    """
    head, *pieces = _BEGIN.split(page)
    made, missing = [head], []
    for name, text in zip(pieces[::2], pieces[1::2], strict=True):
        _, end, rest = text.partition(_END)
        try:
            if not end:
                raise MissingFigureError(f"no {_END} after its marker")
            made.append(f"<!-- table: {name} -->\n{_content(name, results)}\n{_END}{rest}")
        except MissingFigureError as error:
            missing.append(f"table {name}: {error}")
    if missing:
        raise MissingFigureError("\n".join(missing))
    return "".join(made)


def _content(name: str, results: Results) -> str:
    if name == "headline":
        return table(headline(results))
    result, _, part = name.partition(".")
    if part:
        return table(results.rows(result, part))
    whole = results.result(result)
    machine = whole["machine"]
    note = f"{whole['question']} {machine['processor']}, {machine['cores']} cores."
    return f"{table(results.rows(result))}\n\n{note}"


def table(rows: list[Row]) -> str:
    """Give a Markdown table of the rows, headed by the first row's keys."""
    head = list(rows[0])
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(_cell(row.get(key)) for key in head) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 10_000 else str(value)
