"""The words of a report in one language: the catalogue, and how numbers and days are written."""

import re
import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from congestion.indices import CITY

CATALOGUE = Path(__file__).parent / "words.toml"
SOURCES = Path(__file__).parent / "sources.toml"
NOTES = Path(__file__).parent / "notes.toml"
LANGUAGES = ("en", "zh")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Give the words of every language."""
    return tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))


@cache
def sources() -> dict[str, dict[str, str]]:
    """Give the parts of figures' sources in other languages than English."""
    return tomllib.loads(SOURCES.read_text(encoding="utf-8"))


@cache
def notes() -> dict[str, list[tuple[re.Pattern[str], str]]]:
    """Give the notes of other languages than English, each with the English that it stands for."""
    known = tomllib.loads(NOTES.read_text(encoding="utf-8"))
    return {
        language: [(_pattern(english), text) for english, text in pairs.items()]
        for language, pairs in known.items()
    }


def _pattern(text: str) -> re.Pattern[str]:
    """Give what finds a text in which something stands for each field in braces."""
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(text)), re.DOTALL)


class Words:
    """The words of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._words = catalogue()[language]

    def __call__(self, key: str, **values: Any) -> str:
        """Give a text with its fields filled in. Raises KeyError where there is no such text."""
        text = self._words[key]
        return text.format(**values) if values else text

    def of(self, kind: str, name: str) -> str:
        """Give the word of a name of a kind, such as a cause; the name itself where it has none."""
        return self._words.get(f"{kind}_{name}", name)

    def source(self, text: str) -> str:
        """Give where a figure is from; the names of publications stay as they are."""
        known = sources().get(self.language, {})
        return "; ".join(known.get(part, part) for part in text.split("; "))

    def note(self, text: str) -> str:
        """Give a note of a report; one that the language has no words for stays as it is."""
        for english, own in notes().get(self.language, []):
            if found := english.fullmatch(text):
                fields = found.groupdict()
                if "line" in fields:
                    fields["line"] = self.note(fields["line"])
                return own.format(**fields)
        return text

    def unit(self, name: str) -> str:
        """Give a unit as the language writes it."""
        return self.of("unit", re.sub(r"\W+", "_", name))

    def day(self, moment: datetime) -> str:
        """Give a day with its weekday."""
        return self(
            "date_format",
            weekday=self("weekdays").split(",")[moment.weekday()],
            day=moment.day,
            month=self("months").split(",")[moment.month - 1],
            year=moment.year,
        )

    def area(self, name: str) -> str:
        """Give the name of an area's row: the whole, or one of its districts."""
        if name.isdecimal():
            return self("district", name=name)
        return self("city") if name == CITY else name


def written(value: Any) -> str:
    """Give a value as people read it: thousands apart, no more digits than they need."""
    if value is None:
        return "-"
    if isinstance(value, float):
        if value != value:
            return "-"
        digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
        return f"{value:,.{digits}f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def percent(share: float) -> str:
    """Give a share in percent; one that is small but not none is said to be so."""
    return "<1 %" if 0 < share < 0.005 else f"{share:.0%}".replace("%", " %")
