"""Slow twin of the cleaning kernel, written from its rules: one small object per vehicle."""

import math
from dataclasses import dataclass, field

from ingest.checks.cleaning_settings import CleaningSettings


@dataclass
class Fix:
    """A fix in seconds and degrees."""

    vehicle: str
    event_time: float
    arrival_time: float
    longitude: float
    latitude: float


@dataclass
class _Vehicle:
    used: list[Fix] = field(default_factory=list)
    jumped: list[Fix] = field(default_factory=list)
    """Jumped fixes that agree with each other, oldest first."""
    used_since_jump: bool = False


def distance_m(a: Fix, b: Fix) -> float:
    """Give the distance by the angle between the two directions from the earth's centre."""

    def direction(fix: Fix) -> tuple[float, float, float]:
        lon, lat = math.radians(fix.longitude), math.radians(fix.latitude)
        return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)

    u, v = direction(a), direction(b)
    chord = math.dist(u, v)
    return 6371008.8 * 2.0 * math.asin(min(1.0, chord / 2.0))


def clean(fixes: list[Fix], oldest: float, settings: CleaningSettings) -> list[str]:
    """Give `used` or the reason for each fix, taken in arrival order."""
    vehicles: dict[str, _Vehicle] = {}
    answers = []
    for fix in fixes:
        vehicle = vehicles.setdefault(fix.vehicle, _Vehicle())
        answer = _judge(fix, vehicle, oldest, settings)
        if answer == "used":
            vehicle.used.append(fix)
            vehicle.used_since_jump = True
        answers.append(answer)
    return answers


def _judge(fix: Fix, vehicle: _Vehicle, oldest: float, settings: CleaningSettings) -> str:
    if fix.event_time < oldest:
        return "late"
    if fix.event_time > fix.arrival_time + settings.skew_s:
        return "clock_skew"
    if not vehicle.used or fix.event_time - vehicle.used[-1].event_time > settings.forget_s:
        vehicle.jumped = []
        return "used"
    last = vehicle.used[-1]
    if fix.event_time < last.event_time:
        return "out_of_order"
    if fix.event_time == last.event_time:
        return "duplicate" if distance_m(fix, last) <= 0.15 else "same_time"
    if _can_drive(last, fix, settings):
        return "used"
    agrees = bool(vehicle.jumped) and _can_drive(vehicle.jumped[-1], fix, settings)
    if not agrees:
        vehicle.jumped = [fix]
        vehicle.used_since_jump = False
        return "jump"
    if vehicle.used_since_jump:
        vehicle.jumped = [fix]
        vehicle.used_since_jump = False
        return "two_devices"
    vehicle.jumped.append(fix)
    return "used" if len(vehicle.jumped) >= settings.relocate_count else "jump"


def _can_drive(a: Fix, b: Fix, settings: CleaningSettings) -> bool:
    elapsed = b.event_time - a.event_time
    if not 0.0 <= elapsed <= settings.forget_s:
        return False
    return distance_m(a, b) <= settings.slack_m + settings.highest_speed * elapsed
