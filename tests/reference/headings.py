"""The slow twin of what mapmatch.kernels.noise says of headings: all of a vehicle's at once."""

from dataclasses import dataclass
from itertools import pairwise
from math import atan2, cos, degrees, hypot, radians

DECAY, FIRST, TRUST = 0.85, 0.75, 0.7
LEAST_M, LEAST_SIGMAS, LEAST_MPS = 25.0, 3.0, 3.0


@dataclass(frozen=True)
class Course:
    """A fix that makes a layer: its place, metres, its speed, and its heading, None if none."""

    x: float
    y: float
    speed_mps: float
    heading_deg: float | None


@dataclass(frozen=True)
class Way:
    """What two fixes say of headings: the way between them, and the headings at its ends."""

    bearing_deg: float
    before_deg: float
    after_deg: float


def ways_of(fixes: list[Course], sigma_m: float) -> list[Way]:
    """Give the ways that are long and fast enough to say something."""
    ways = []
    for one, two in pairwise(fixes):
        if one.heading_deg is None or two.heading_deg is None or two.speed_mps < LEAST_MPS:
            continue
        east, north = two.x - one.x, two.y - one.y
        if hypot(east, north) >= max(LEAST_M, LEAST_SIGMAS * sigma_m):
            ways.append(Way(degrees(atan2(east, north)), one.heading_deg, two.heading_deg))
    return ways


def believed(fixes: list[Course], sigma_m: float) -> float | None:
    """Give what the last fix's heading says, degrees, None where headings are not believed."""
    heading = fixes[-1].heading_deg
    if heading is None:
        return None
    ways = ways_of(fixes, sigma_m)
    agreements = [_agreement(w.bearing_deg, w.before_deg, w.after_deg) for w in ways]
    trust = _faded(agreements, FIRST)
    changes = [_apart(w.before_deg, w.after_deg) > 0.1 for w in ways]
    first = next(fix.heading_deg for fix in fixes if fix.heading_deg is not None)
    # Before headings have been compared a first one is believed, but for a 0 that means none.
    has_varied = any(changes) if changes else first != 0.0
    if has_varied and abs(trust) >= TRUST:
        return heading % 360 if trust > 0 else (heading + 180) % 360
    recent: list[Way] = []
    for way in ways:
        is_code = _is_code(way.before_deg) and _is_code(way.after_deg)
        recent = [*recent, way] if is_code else []
    by_code = [_agreement(w.bearing_deg, 45 * w.before_deg, 45 * w.after_deg) for w in recent]
    codes = [w for w in ways if _is_code(w.before_deg) and _is_code(w.after_deg)]
    has_varied = any(w.before_deg != w.after_deg for w in codes)
    if _is_code(heading) and has_varied and _faded(by_code, 0.0) >= TRUST:
        return 45 * heading % 360
    return None


def _agreement(way_deg: float, before_deg: float, after_deg: float) -> float:
    return max(cos(radians(before_deg - way_deg)), cos(radians(after_deg - way_deg)))


def _faded(values: list[float], first: float) -> float:
    """Give the mean in which each value counts DECAY of what the one after it does."""
    mean = first
    for value in values:
        mean = DECAY * mean + (1 - DECAY) * value
    return mean


def _apart(one_deg: float, two_deg: float) -> float:
    return abs((one_deg - two_deg + 180) % 360 - 180)


def _is_code(heading_deg: float) -> bool:
    return heading_deg == round(heading_deg) and 0 <= heading_deg <= 8
