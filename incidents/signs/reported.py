"""What people reported of one place and time, joined: several calls about one event are one."""

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from incidents.nearby_roads import NearbyRoads, RoadNear
from incidents.seen_words import Seen, Value
from incidents.settings import ReportSettings
from incidents.signs.report_sources import ReportSources
from ingest.reports import Report
from ingest.saved_state import SavedState, pack, restored, unpack
from ingest.units import MINUTE_S, Metres, Seconds
from mapmatch.network import Network
from mapmatch.projection import LocalPlane

NO_EVENT = frozenset({"pass", "violation"})
"""Kinds that tell of nothing in the way."""
MOST_KEPT = 50
"""So many reports of an event say where and what it is; more change nothing. Unit: count. Source:
chosen, so that one who never stops costs no memory."""


class ReportedEvent(msgspec.Struct):
    """Reports that are of one event; `kinds` and `sources` by how many reports said so.

    `is_seen` once sensors showed something there, `is_judged` once its sources were told so.
    """

    number: int
    kind: str
    first: Seconds
    last: Seconds
    places: list[tuple[Metres, Metres]]
    sources: dict[str, int]
    report_count: int = 0
    is_seen: bool = False
    is_judged: bool = False

    @property
    def place(self) -> tuple[Metres, Metres]:
        """The middle of the places told (local metres): one wrong by a mile moves it little."""
        x, y = np.median(np.array(self.places), axis=0).tolist()
        return x, y


class ReportedSign(msgspec.Struct, frozen=True):
    """What an event that was reported says in one minute: log odds, roads near it, and in words."""

    number: int
    kind: str
    odds: float
    roads: tuple[RoadNear, ...]  # the nearest first
    first: Seconds
    seen: Seen

    def at(self, away_m: Metres) -> Seen:
        """Give what is seen, with how far from there it was told."""
        return Seen(f"{self.seen.word}_away", {**self.seen.values, "away_m": round(away_m)})


class _ReportedEventsState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    number: int
    events: list[ReportedEvent]
    sources: bytes


class ReportedEvents:
    """Remembers reported events until nothing was said of them for long, and how right sources are.

    Takes minutes in order. A source is told once for each event whether sensors showed something
    there in time; an event on roads that nobody sees teaches nothing.
    """

    def __init__(self, network: Network, settings: ReportSettings) -> None:
        self._settings = settings
        self._plane = LocalPlane(network)
        self._roads = NearbyRoads(network)
        self.sources = ReportSources(settings)
        self._number = 0
        self.events: list[ReportedEvent] = []

    def step(self, now: Seconds, reports: Sequence[Report]) -> list[ReportedSign]:
        """Take a minute's reports; give the signs of the events that still count."""
        told = [report for report in reports if report.kind not in NO_EVENT]
        if told:
            x, y = self._plane.to_metres([r.longitude for r in told], [r.latitude for r in told])
            for report, place in zip(told, zip(x.tolist(), y.tolist(), strict=True), strict=True):
                self._join(report, place)
        longest_s = self._settings.forget_minutes * MINUTE_S
        self.events = [e for e in self.events if now - e.last <= longest_s]
        return [sign for event in self.events if (sign := self._sign(event, now)).roads]

    def learn(self, now: Seconds, seen: set[int], watched: set[int]) -> None:
        """Take the numbers of the events that sensors show something of, or could have.

        An event that was shown is right; one that was not within the time is wrong, where sensors
        watch its roads.
        """
        wait_s = self._settings.confirm_minutes * MINUTE_S
        for event in self.events:
            event.is_seen |= event.number in seen
            is_over = now - event.first >= wait_s
            if event.is_judged or not (event.is_seen or is_over):
                continue
            event.is_judged = True
            if event.is_seen or event.number in watched:
                for source in sorted(event.sources):
                    self.sources.take(source, is_right=event.is_seen)

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(self._state())

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        state = unpack(data, self._state())
        self.sources = restored(self.sources, state.sources)
        self._number, self.events = state.number, state.events

    def _state(self) -> _ReportedEventsState:
        return _ReportedEventsState(self._number, self.events, self.sources.snapshot())

    def _join(self, report: Report, place: tuple[Metres, Metres]) -> None:
        """Add a report to the nearest event that it can be of, or begin one."""
        settings = self._settings
        best, least = None, settings.join_m
        for event in self.events:
            apart_s = max(report.event_time - event.last, event.first - report.event_time)
            away = math.dist(event.place, place)
            if away <= least and apart_s <= settings.join_minutes * MINUTE_S:
                best, least = event, away
        if best is None:
            self._number += 1
            best = ReportedEvent(
                self._number, report.kind, report.event_time, report.event_time, [], {}
            )
            self.events.append(best)
        if report.event_time < best.first:
            best.kind, best.first = report.kind, report.event_time
        best.last = max(best.last, report.event_time)
        best.report_count += 1
        if len(best.places) < MOST_KEPT:
            best.places.append(place)
            best.sources[report.source] = best.sources.get(report.source, 0) + 1

    def _sign(self, event: ReportedEvent, now: Seconds) -> ReportedSign:
        settings = self._settings
        age = max(0.0, now - event.last) / (settings.half_life_minutes * MINUTE_S)
        ranked = sorted((self.sources.odds(s) for s in event.sources), reverse=True)
        # Another source that says the same is nearly independent; the same one again is not.
        odds = ranked[0] + settings.other_source * sum(max(0.0, o) for o in ranked[1:])
        values: dict[str, Value] = {
            "kind": event.kind, "sources": ", ".join(sorted(event.sources)),
            "first_at": event.first,
        }  # fmt: skip
        more = event.report_count - 1
        word = "reported_more" if more else "reported"
        return ReportedSign(
            number=event.number,
            kind=event.kind,
            odds=max(0.0, odds) * 0.5**age,
            roads=self._roads.near(*event.place, settings.reach_m),
            first=event.first,
            seen=Seen(word, values | ({"more": more} if more else {})),
        )
