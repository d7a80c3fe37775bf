"""Which parts of a source have fallen silent: its districts, or shares of its vehicles."""

from collections.abc import Mapping
from dataclasses import dataclass

from ingest.units import Seconds

QUIET_AFTER_S = 180.0
"""A source, or a part of one, whose last row is older is quiet. Unit: s. Source: chosen, three
detector readings."""
STOOD_AFTER_S = 30.0
"""A part is silent only after so long without a row by the wall clock, too. Unit: s. Source:
chosen, as long as a worker may say nothing; a fast replay passes minutes in a second."""

Part = tuple[str, int]
"""A stage and one of its partitions."""


@dataclass
class _Seen:
    """What one part brought, since when by the wall clock no more, and its newest row's time."""

    rows: int
    grew_at: Seconds
    last_row: Seconds | None


class SourceParts:
    """Remembers of one source what each part brought, and when, by a clock that is handed in.

    A part that has never brought a row is none. None is ever forgotten.
    """

    def __init__(self) -> None:
        self._seen: dict[Part, _Seen] = {}

    def take(self, part: Part, rows: int, last_row: Seconds | None, now: Seconds) -> None:
        """Note the rows that a part has brought in all, and the event time of its newest."""
        seen = self._seen.get(part)
        if rows and (seen is None or rows != seen.rows):
            self._seen[part] = _Seen(rows, now, last_row)

    @property
    def parts(self) -> list[Part]:
        """Give every part that has brought a row."""
        return sorted(self._seen)

    def silent(self, hanging: Mapping[Part, Seconds], now: Seconds) -> dict[Part, Seconds]:
        """Give the parts of which nothing comes, and how long by the wall clock.

        `hanging` are the parts whose worker tells nothing, and how long. Another is silent where
        it has brought nothing for long while the others went on.
        """
        times = [seen.last_row for seen in self._seen.values() if seen.last_row is not None]
        found: dict[Part, Seconds] = {}
        for part in self.parts:
            seen = self._seen[part]
            stood_s = now - seen.grew_at
            if part in hanging:
                found[part] = max(hanging[part], stood_s)
                continue
            behind_s = 0.0 if seen.last_row is None else max(times) - seen.last_row
            if stood_s > STOOD_AFTER_S and behind_s > QUIET_AFTER_S:
                found[part] = stood_s
        return found
