"""The one error of reading a recorded feed: which file, which place in it, what stood there."""

from pathlib import Path

from ingest.user_error import UserError


class FeedError(UserError):
    """A feed that cannot be read: names file, place in it, value and what was expected.

    The place is, where it is known, `line` and `column` in a CSV file, the line as an editor counts
    it, from 1; `row`, counted from 0, and `column` in a Parquet file; `feature` and `field` in a
    GeoJSON file; `key` in a TOML file.
    """

    def __init__(
        self,
        file: Path | str,
        expected: str,
        *,
        row: int | None = None,
        line: int | None = None,
        column: str | None = None,
        key: str | None = None,
        feature: int | None = None,
        field: str | None = None,
        value: object = None,
    ) -> None:
        self.file = str(file)
        self.row = row
        self.line = line
        self.column = column
        self.value = value
        self.expected = expected
        place = self.file
        if row is not None:
            place += f", row {row}"
        if line is not None:
            place += f", line {line}"
        if column is not None:
            place += f", column {column!r}"
        if key is not None:
            place += f", key {key!r}"
        if feature is not None:
            place += f", feature {feature}"
        if field is not None:
            place += f", field {field!r}"
        found = "" if value is None else f"found {_short(value)}, "
        super().__init__(f"{place}: {found}expected {expected}")


def _short(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 200 else text[:200] + "..."
