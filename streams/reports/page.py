"""What stands on a report's page, in one language: sentences, tiles, charts, tables, notes."""

from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader

from congestion.reports.records import Number, Report, Table
from streams.reports.words import Words, percent, written

SHOWN_ROWS = 15
"""Rows of a table on the page; all are in its CSV file. Unit: count. Source: chosen."""
SHARES = frozenset({"share", "observed_share", "filled_share", "missing_share", "closed_share",
                    "handled_in_time_share", "precision", "secondary_share",
                    "blocking_index"})  # fmt: skip
"""Columns that are written in percent."""


SHORT = frozenset({"hour", "day", "time", "from", "to", "before", "after"})
"""Columns whose words stay on one line."""


class Tile(msgspec.Struct, frozen=True):
    """A figure of the first rank."""

    name: str
    value: str
    unit: str
    sample: str


class Chart(msgspec.Struct, frozen=True):
    """A drawing with what it shows and what it is made of."""

    title: str
    svg: str
    sample: str


class LegendEntry(msgspec.Struct, frozen=True):
    """One line of a map's legend; `width` in points."""

    name: str
    colour: str
    width: float


class ShownMap(msgspec.Struct, frozen=True):
    """The map of a page; `places` is what a browser says of the road that is pointed at."""

    title: str
    svg: str
    sample: str
    legend: list[LegendEntry]
    places: str = ""


class Cell(msgspec.Struct, frozen=True):
    """One cell of a table, `number` or `text` or `source`."""

    text: str
    kind: str


class Heading(msgspec.Struct, frozen=True):
    """The head of a column."""

    title: str
    is_number: bool


class ShownTable(msgspec.Struct, frozen=True):
    """A table as the page shows it; `more` says where the rest is."""

    title: str
    columns: list[Heading]
    rows: list[list[Cell]]
    more: str = ""


class Page(msgspec.Struct, frozen=True):
    """Everything on a page, in its order."""

    title: str
    subtitle: str
    lead: list[str]
    tiles: list[Tile]
    charts: list[Chart]
    map: ShownMap | None
    tables: list[ShownTable]
    notes: list[str]


def rendered(page: Page, words: Words) -> str:
    """Give the page as one HTML file that asks nothing of anybody."""
    environment = Environment(
        loader=PackageLoader("streams.reports", "."), autoescape=True, trim_blocks=True
    )
    template = environment.get_template("page.html.jinja")
    return template.render(page=page, words=words, language=words.language) + "\n"


def tiles(report: Report, names: tuple[str, ...], words: Words) -> list[Tile]:
    """Give some of the report's figures as tiles."""
    return [_tile(report.number(name), words) for name in names]


def _tile(number: Number, words: Words) -> Tile:
    is_share = number.unit == "share" and number.value is not None
    value = percent(number.value or 0.0) if is_share else written(number.value)
    unit = "" if number.unit in ("1", "share", "count") else words.unit(number.unit)
    return Tile(
        words.of("num", number.name.partition(": ")[0]), value, unit, sample_of(number, words)
    )


def _named(name: str, words: Words) -> str:
    """Give a figure's name; one of several corridors has the corridor's behind it."""
    kind, _, of = name.partition(": ")
    return f"{words.of('num', kind)}: {of}" if of else words.of("num", kind)


def sample_of(number: Number, words: Words) -> str:
    """Say what a figure is made of."""
    kind = "one" if number.sample_size == 1 else "sample"
    sample = words.of(kind, number.sample.replace(" ", "_"))
    return words("made_of", count=f"{number.sample_size:,}", sample=sample)


def shown_table(
    table: Table, columns: tuple[str, ...], words: Words, title: str, shown: int = SHOWN_ROWS
) -> ShownTable:
    """Give the first rows of a table, some of its columns."""
    at = [[column.name for column in table.columns].index(name) for name in columns]
    rows = [
        [_cell(name, row[i], words) for name, i in zip(columns, at, strict=True)]
        for row in table.rows[:shown]
    ]
    first = rows[0] if rows else [Cell("", "text")] * len(columns)
    headings = [
        Heading(words.of("col", _heading(name)), cell.kind == "number")
        for name, cell in zip(columns, first, strict=True)
    ]
    left = len(table.rows) - len(rows)
    more = words("more_rows", count=f"{left:,}", file=f"{table.name}.csv") if left else ""
    return ShownTable(title, headings, rows, more)


def _heading(name: str) -> str:
    return "place" if name in ("place_en", "place_zh") else name


def _cell(name: str, value: Any, words: Words) -> Cell:
    if name == "cause":
        return Cell(words.of("cause", value), "text")
    if name == "road_name":
        return Cell(value or words("unnamed_road"), "text")
    if name == "area":
        return Cell(words.area(value), "text short")
    if name == "causes":
        parts = (part.rsplit(" ", 1) for part in value.split(", ") if part)
        return Cell(", ".join(f"{words.of('cause', c)} {s}" for c, s in parts), "text")
    if name in ("fault", "road_class", "weekday", "action", "actor"):
        return Cell(words.of(name, value), "text short")
    if name == "evidence":
        return Cell(words.note(value), "text")
    if name == "to" and value == "":
        return Cell(words("goes_on"), "text short")
    if name in SHARES:
        return Cell("-" if value is None else percent(value), "number")
    if isinstance(value, str):
        return Cell(value, "text short" if name in SHORT else "text")
    return Cell(written(value), "number")


def numbers_table(report: Report, words: Words) -> ShownTable:
    """Give every figure with its sample and source."""
    rows = [
        [
            Cell(_named(number.name, words), "text"),
            Cell(written(number.value), "number"),
            Cell(words.unit(number.unit), "text"),
            Cell(sample_of(number, words), "source"),
            Cell(words.source(number.source), "source"),
        ]
        for number in report.numbers
    ]
    names = ("name", "value", "unit", "sample", "source")
    headings = [Heading(words(name), name == "value") for name in names]
    return ShownTable(words("table_numbers"), headings, rows)
