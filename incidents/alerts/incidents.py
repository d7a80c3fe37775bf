"""The life of incident alerts: opened, updated, cleared, taken up again."""

import math
from collections.abc import Sequence

import msgspec

from incidents.judgement import Suspect
from incidents.records import Cause, Evidence, Kind, State, iso
from incidents.road_points import DrivingDistances
from incidents.settings import JudgementSettings
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import MINUTE_S, Seconds
from mapmatch.network import Network


class Case(msgspec.Struct):
    """Everything remembered of one alert; segments by their index in the network."""

    alert_id: str
    kind: Kind
    segment: int
    offset_m: float
    onset: float
    cause: Cause
    cause_probability: float
    version: int = 0
    state: State = "open"
    lane: int | None = None
    evidence: dict[str, Evidence] = {}  # by the name of the sign
    queue: tuple[int, ...] = ()
    queue_length_m: float = 0.0
    delay_veh_h: float = 0.0
    forecast: tuple[tuple[int, float], ...] = ()  # minutes on, metres
    peak_odds: float = 0.0
    cause_odds: dict[Cause, float] = {}  # by cause, summed over the minutes
    strong_minute: float = 0.0  # the last minute it was still believed, blind ones left out
    told_queue_m: float = 0.0
    told_cause: Cause = "unclassified"


class _AlertBookState(SavedState, frozen=True):
    SCHEMA_VERSION = 1

    cases: list[Case]


class AlertBook:
    """Remembers the cases that are open or were cleared not long ago; takes minutes in order.

    A suspect near a remembered case is that case: it strengthens it, or takes it up again, and
    opens no second alert.
    """

    def __init__(self, network: Network, settings: JudgementSettings) -> None:
        self._network, self._settings = network, settings
        self.cases: list[Case] = []

    def step(
        self, minute: Seconds, suspects: Sequence[Suspect], *, is_blind: bool = False
    ) -> list[Case]:
        """Take a minute's suspects, strongest first; give the cases to be told of.

        A blind minute, in which nothing was measured anywhere, is no quiet one: it clears nothing.
        """
        settings = self._settings
        told: list[Case] = []
        heard: dict[str, list[Suspect]] = {}
        for suspect in suspects:
            case = self._near(suspect)
            if case is None:
                if suspect.odds < settings.open_at:
                    continue
                case = self._open(minute, suspect)
                told.append(case)
            elif suspect.odds < (settings.open_at if case.state == "cleared" else settings.keep_at):
                continue
            heard.setdefault(case.alert_id, []).append(suspect)
        for case in self.cases:
            if case.alert_id in heard:
                self._believe(minute, case, heard[case.alert_id])
            elif is_blind and case.state != "cleared":
                case.strong_minute += MINUTE_S
            if case not in told and self._is_news(minute, case):
                told.append(case)
        keep_s = settings.reopen_minutes * MINUTE_S
        self.cases = [
            c for c in self.cases if c.state != "cleared" or minute - c.strong_minute <= keep_s
        ]
        for case in told:
            case.version += 1
            case.told_queue_m = case.queue_length_m
            case.told_cause = case.cause
        return told

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_AlertBookState(self.cases))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self.cases = unpack(data, _AlertBookState(self.cases)).cases

    def _open(self, minute: Seconds, suspect: Suspect) -> Case:
        name = self._network.segment_ids[suspect.segment]
        case = Case(
            alert_id=f"incident-{name}-{int(minute)}",
            kind="incident",
            segment=suspect.segment,
            offset_m=suspect.offset_m,
            onset=minute,
            cause=suspect.cause,
            cause_probability=0.5,
        )
        self.cases.append(case)
        return case

    def _believe(self, minute: Seconds, case: Case, suspects: list[Suspect]) -> None:
        """Strengthen a case; its root moves only when nothing speaks for it any more."""
        at_root = [s for s in suspects if s.segment == case.segment]
        suspect = max(at_root or suspects, key=lambda s: s.odds)
        case.strong_minute = minute
        if suspect.odds > case.peak_odds:
            case.peak_odds = suspect.odds
            case.segment, case.offset_m = suspect.segment, suspect.offset_m
            case.lane = suspect.lane
        sums = case.cause_odds
        sums[suspect.cause] = sums.get(suspect.cause, 0.0) + suspect.odds
        case.cause = max(sorted(sums), key=lambda name: sums[name])
        share = sums[case.cause] / sum(sums.values())
        case.cause_probability = share * self._sureness(case.peak_odds)
        for sign in suspect.signs:
            known = case.evidence.get(sign.name)
            if known is None or abs(sign.odds) > abs(known.weight):
                when = iso(minute + MINUTE_S)
                weight = round(sign.odds, 2)
                case.evidence[sign.name] = Evidence(sign.source, sign.seen, when, weight)

    def _sureness(self, peak_odds: float) -> float:
        """Give the probability of an alert whose signs added up to so much.

        Signs of one minute repeat each other, and so do minutes: a sum of odds claims too much.
        """
        settings = self._settings
        beyond = settings.sure_share * (peak_odds - settings.open_at)
        return probability(settings.sure_at_open + beyond)

    def _is_news(self, minute: Seconds, case: Case) -> bool:
        """Move a case along its life; tell whether that is worth a version."""
        quiet = (minute - case.strong_minute) / MINUTE_S
        if case.state == "cleared":
            if quiet > 0:
                return False
            case.state = "updated"
            return True
        if quiet >= self._settings.clear_minutes:
            case.state = "cleared"
            return True
        grown = abs(case.queue_length_m - case.told_queue_m) >= 150.0
        if grown or case.cause != case.told_cause:
            case.state = "updated"
            return True
        return False

    def _near(self, suspect: Suspect) -> Case | None:
        reach = self._settings.reach_m
        around = DrivingDistances(self._network, (suspect.segment, suspect.offset_m), reach)
        best, least = None, math.inf
        for case in self.cases:
            if suspect.segment in (case.segment, *case.queue) or self._one_signal(suspect, case):
                away = 0.0
            else:
                away = around.distance_m((case.segment, case.offset_m))
            if away <= reach and away < least:
                best, least = case, away
        return best

    def _one_signal(self, suspect: Suspect, case: Case) -> bool:
        """Tell whether both stand at the same stuck signal, on two arms of its junction."""
        nodes = self._network.to_node
        same = nodes[suspect.segment] == nodes[case.segment]
        return bool(same and suspect.cause == case.cause == "signal")


def probability(odds: float) -> float:
    """Give the probability of natural-log odds."""
    return 1.0 / (1.0 + math.exp(-odds))
