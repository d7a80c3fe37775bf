"""Puts the tables of benchmarks/results/*.json between their markers in the pages.

A table's place is marked `<!-- table: NAME -->` ... `<!-- end -->`; NAME.PART is a further table of
the same result.
"""

import json
import re
from typing import Any

from benchmarks.recordings import ROOT

PAGES = ("README.md", "docs/matching.md", "docs/measured.md")
_PLACE = re.compile(r"(<!-- table: ([\w-]+)(?:\.(\w+))? -->\n).*?(<!-- end -->)", re.S)


def main() -> None:
    """Rewrite the pages; a marker without a result keeps what it has and is named."""
    for page in PAGES:
        path = ROOT / page
        path.write_text(_PLACE.sub(_put, path.read_text()))


def _put(match: re.Match[str]) -> str:
    path = ROOT / "benchmarks" / "results" / f"{match[2]}.json"
    if not path.is_file():
        print(f"{match[2]}: no result, table left as it is")
        return match[0]
    result = json.loads(path.read_text())
    if match[3]:
        return f"{match[1]}{table(result[match[3]])}\n{match[4]}"
    machine = result["machine"]
    note = f"{result['question']} {machine['processor']}, {machine['cores']} cores."
    return f"{match[1]}{table(result['rows'])}\n\n{note}\n{match[4]}"


def table(rows: list[dict[str, Any]]) -> str:
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


if __name__ == "__main__":
    main()
