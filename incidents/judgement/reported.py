"""Reports from people beside what sensors show: a watch alone, an alarm with a second sign."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from incidents.judgement.suspect import Sign, Suspect
from incidents.nearby_roads import RoadNear
from incidents.records import Cause
from incidents.settings import JudgementSettings, ReportSettings
from incidents.signs.reported import ReportedSign

CAUSES: dict[str, Cause] = {
    "illegal_parking": "illegal_parking",
    "works": "work_zone",
    "flood": "weather",
}
"""What people can say that sensors cannot; all else is an incident."""


class Joined(NamedTuple):
    """Suspects with what was reported, and the numbers of the events that sensors show."""

    suspects: list[Suspect]
    seen: set[int]


def join_reports(
    found: Sequence[Suspect],
    reported: Sequence[ReportedSign],
    judgement: JudgementSettings,
    settings: ReportSettings,
) -> Joined:
    """Give the suspects of a minute with reports added to those near what was reported.

    `found` are those of sensors alone, weak ones too. One strong and near enough is told at once,
    where the report is believed. A report beside which nothing is found becomes a
    suspect that can only be watched.
    """
    suspects = list(found)
    alone: dict[int, Suspect] = {}
    seen: set[int] = set()
    for sign in reported:
        roads = {road.segment: road for road in sign.roads}
        near = [
            (suspect.odds - suspect.told - _off(roads[suspect.segment], settings), -number)
            for number, suspect in enumerate(suspects)
            if suspect.segment in roads
        ]
        best = -max(near)[1] if near else None
        strength = 0.0 if best is None else suspects[best].odds - suspects[best].told
        if strength >= settings.second_sign:
            seen.add(sign.number)
        if best is not None and strength >= settings.least_sign:
            road = roads[suspects[best].segment]
            told = sign.odds - _off(road, settings)
            is_confirmed = strength >= settings.second_sign and told >= judgement.keep_at
            if told > 0.0:
                suspects[best] = _with(suspects[best], sign, road, told, is_confirmed=is_confirmed)
        elif sign.odds >= judgement.keep_at:
            road = sign.roads[0]
            before = alone.get(road.segment, _nothing(road, sign))
            alone[road.segment] = _with(before, sign, road, sign.odds, is_confirmed=False)
    return Joined([*suspects, *alone.values()], seen)


def _nothing(road: RoadNear, sign: ReportedSign) -> Suspect:
    return Suspect(road.segment, road.offset_m, 0.0, (), CAUSES.get(sign.kind, "incident"))


def _off(road: RoadNear, settings: ReportSettings) -> float:
    """Give what the distance from the place told takes off: a normal error in log odds."""
    return 0.5 * (road.away_m / settings.place_error_m) ** 2


def _with(
    suspect: Suspect, sign: ReportedSign, road: RoadNear, told: float, *, is_confirmed: bool
) -> Suspect:
    """Give a suspect with what was reported; a cause that only people can name is theirs."""
    seen = Sign(f"report {sign.number}", "report", sign.at(road.away_m), told)
    cause = suspect.cause
    if is_confirmed and cause == "incident":
        cause = CAUSES.get(sign.kind, cause)
    return msgspec.structs.replace(
        suspect,
        odds=suspect.odds + told,
        told=suspect.told + told,
        signs=(*suspect.signs, seen),
        cause=cause,
        is_confirmed=suspect.is_confirmed or is_confirmed,
    )
