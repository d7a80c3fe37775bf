"""The result files, and what a table lacks of them."""

import json
from pathlib import Path
from typing import Any

Row = dict[str, Any]


class MissingFigureError(ValueError):
    """A result file, a part of it or a figure that a table wants and that is not there."""


class Results:
    """The result files of a folder; remembers what it has read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, dict[str, Any]] = {}

    def result(self, name: str) -> dict[str, Any]:
        """Give a result. Raises MissingFigureError where there is no file of it."""
        if name not in self._read:
            path = self._folder / f"{name}.json"
            if not path.is_file():
                raise MissingFigureError(f"no result file {path.name}")
            self._read[name] = json.loads(path.read_text())
        return self._read[name]

    def rows(self, name: str, part: str = "rows", **wanted: Any) -> list[Row]:
        """Give the rows of a result, or of a part of it, that hold some values.

        Raises MissingFigureError where there is none.
        """
        rows = self.result(name).get(part) or []
        found = [row for row in rows if all(row.get(k) == v for k, v in wanted.items())]
        if not found:
            what = "".join(f", {key} {value}" for key, value in wanted.items())
            raise MissingFigureError(f"{name}.json has no {part}{what}")
        return found


def figure(row: Row, key: str) -> Any:
    """Give a row's value. Raises MissingFigureError where it is None or not there."""
    value = row.get(key)
    if value is None:
        raise MissingFigureError(f"no {key} in {row}")
    return value


def mean(rows: list[Row], key: str) -> float:
    """Give the mean of a column. Raises MissingFigureError where a row has no value."""
    return float(sum(figure(row, key) for row in rows) / len(rows))
