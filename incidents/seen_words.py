"""What signs say, as a word of one catalogue and its values: each reader says it in their words."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import msgspec

from incidents.records import Evidence

CATALOGUE = Path(__file__).parent / "shipped" / "seen_words.json"

Value = int | float | str


class Seen(msgspec.Struct, frozen=True):
    """What was seen: a word of the catalogue and the values that its sentence holds.

    The end of a value's name says what it is: `_m` metres, `_min` minutes, `_kmh` a speed, `_pace`
    metres a minute, `_share` of one, `_at` a time in seconds since 1970 UTC; `kind` and `plan` are
    names, all else stands as it is.
    """

    word: str
    values: Mapping[str, Value] = {}

    @property
    def text(self) -> str:
        """The English sentence; its times are ISO 8601."""
        sentence = catalogue()[self.word][0]
        return sentence.format(**{name: _shown(name, v) for name, v in self.values.items()})


@cache
def catalogue() -> dict[str, tuple[str, str]]:
    """Give each word's sentence in English and in Chinese."""
    return msgspec.json.decode(CATALOGUE.read_bytes(), type=dict[str, tuple[str, str]])


def evidence(source: str, seen: Seen, when: str, weight: float) -> Evidence:
    """Give what a sign says as evidence of an alert."""
    return Evidence(source, seen.text, when, weight, seen.word, dict(seen.values))


def _shown(name: str, value: Value) -> str:
    if isinstance(value, str):
        return value.replace("_", " ") if name in ("kind", "plan") else value
    match name.rpartition("_")[2]:
        case "m":
            return f"{value:.0f} m"
        case "min":
            return f"{value:.0f} min"
        case "kmh":
            return f"{value:.0f} km/h"
        case "share":
            return f"{value:.0%}"
        case "pace":
            return f"{value:+.0f} m a minute"
        case "at":
            moment = datetime.fromtimestamp(round(value), UTC)
            return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
    return f"{value:g}"
