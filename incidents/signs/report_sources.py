"""How far each source of reports is believed: by how often sensors showed what it told."""

import math

import msgspec

from incidents.settings import ReportSettings
from ingest.saved_state import SavedState, pack, unpack

KEPT = 0.99
"""What a source told counts so much less with each of its later events. Unit: share. Source:
chosen, so that its last hundred count."""
MOST_SOURCES = 10_000
"""More sources are not remembered: the one longest silent is forgotten. Unit: count. Source:
chosen, a megabyte."""


class SourceRecord(msgspec.Struct, frozen=True):
    """Events of a source that sensors showed, and that they did not show in time."""

    right: float = 0.0
    wrong: float = 0.0


class _ReportSourcesState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    records: dict[str, SourceRecord]


class ReportSources:
    """Remembers the record of each source, the one that was told of last at the end."""

    def __init__(self, settings: ReportSettings) -> None:
        self._settings = settings
        self.records: dict[str, SourceRecord] = {}

    def odds(self, source: str) -> float:
        """Give the log odds that one report of a source adds; below 0 it says nothing."""
        settings, record = self._settings, self.records.get(source, SourceRecord())
        prior = settings.prior_events
        ratio = (record.right + prior) / (record.wrong + prior)
        return min(settings.report + math.log(ratio), settings.most_report)

    def take(self, source: str, *, is_right: bool) -> None:
        """Take one event of a source that sensors showed, or did not show."""
        record = self.records.pop(source, SourceRecord())
        self.records[source] = SourceRecord(
            KEPT * record.right + (1.0 if is_right else 0.0),
            KEPT * record.wrong + (0.0 if is_right else 1.0),
        )
        if len(self.records) > MOST_SOURCES:
            del self.records[next(iter(self.records))]

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_ReportSourcesState(self.records))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self.records = unpack(data, _ReportSourcesState(self.records)).records
