"""The one error of reading a recorded feed: which file, row and column, what stood there."""

from pathlib import Path

from ingest.user_error import UserError


class FeedError(UserError):
    """A feed that cannot be read: names file, row, column, value and what was expected.

    `row` counts data rows from 0; None where the fault is not in one row. In a GeoJSON file it is
    `feature` and `field` that say where.
    """

    def __init__(
        self,
        file: Path | str,
        expected: str,
        *,
        row: int | None = None,
        column: str | None = None,
        feature: int | None = None,
        field: str | None = None,
        value: object = None,
    ) -> None:
        self.file = str(file)
        self.row = row
        self.column = column
        self.value = value
        self.expected = expected
        place = self.file
        if row is not None:
            place += f", row {row}"
        if column is not None:
            place += f", column {column!r}"
        if feature is not None:
            place += f", feature {feature}"
        if field is not None:
            place += f", field {field!r}"
        found = "" if value is None else f"found {_short(value)}, "
        super().__init__(f"{place}: {found}expected {expected}")


def _short(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 200 else text[:200] + "..."
