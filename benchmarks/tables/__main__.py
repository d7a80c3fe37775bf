"""Puts what was measured into the tables of the pages: `python -m benchmarks.tables [--check]`.

Ends with status 1 and the names of the tables where a result file or a figure of one is missing;
no page is written then. With --check nothing is written: it ends so where a page is not what would
be written.
"""

import sys
from pathlib import Path

from benchmarks.recordings import ROOT
from benchmarks.tables.page import filled
from benchmarks.tables.results import MissingFigureError, Results

PAGES = ("README.md", "docs/matching.md", "docs/measured.md", "docs/sensors.md")
RESULTS = ROOT / "benchmarks" / "results"


def pages(root: Path = ROOT, results: Path = RESULTS) -> dict[Path, str]:
    """Give each page with its tables. Raises MissingFigureError naming the tables and pages."""
    made, missing = {}, []
    read = Results(results)
    for name in PAGES:
        try:
            made[root / name] = filled((root / name).read_text(), read)
        except MissingFigureError as error:
            missing += [f"{name}: {line}" for line in str(error).splitlines()]
    if missing:
        raise MissingFigureError("\n".join(missing))
    return made


def main() -> None:
    """Write the pages, or check that they are written."""
    try:
        made = pages()
    except MissingFigureError as error:
        raise SystemExit(str(error)) from error
    stale = [path for path, text in made.items() if path.read_text() != text]
    if "--check" in sys.argv[1:] and stale:
        names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
        raise SystemExit(f"not as measured: {names}; run `make tables`")
    for path in stale:
        path.write_text(made[path])


if __name__ == "__main__":
    main()
