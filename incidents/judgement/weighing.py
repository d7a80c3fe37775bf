"""A minute's signs weighed together: which segments hold an incident, and what speaks for it."""

from collections.abc import Iterable

import msgspec
import numpy as np

from incidents.judgement.neighbours import segments_after, segments_before
from incidents.judgement.stoppages import count_other_jams, find_stoppage
from incidents.judgement.suspect import Sign, Suspect
from incidents.records import Cause
from incidents.seen_words import Seen
from incidents.settings import DetectionSettings, JudgementSettings, ReportSettings
from incidents.signs.city import CitySigns
from incidents.signs.flows import FlowSigns
from incidents.signs.lane_detectors import LaneDetectors
from incidents.signs.reported import ReportedSign
from ingest.kernels.arrays import Floats
from ingest.units import KMH, MINUTE_S
from mapmatch.network import NONE, Network

KERB_LANE = 0
"""Lanes are numbered from the kerb."""

LEAST_ODD_LANE = 1.0
"""A segment is weighed where a lane is as odd as this. Unit: log odds. Source: chosen, to spare
the time: what is below is too weak to count."""


def weigh_segments(
    network: Network, detectors: LaneDetectors, settings: JudgementSettings, signs: CitySigns
) -> list[Suspect]:
    """Give what speaks for an incident on each segment where anything does, however weak."""
    lanes, flows = signs.lanes, signs.flows
    is_odd = lanes.dead + lanes.slow >= LEAST_ODD_LANE
    touched = set(np.flatnonzero(flows.stopped >= settings.least_stopped).tolist())
    touched |= set(signs.cameras) | set(detectors.segment[is_odd].tolist())
    return [_weigh(network, detectors, settings, s, signs) for s in sorted(touched)]


def weigh_only(
    network: Network,
    detectors: LaneDetectors,
    settings: JudgementSettings,
    signs: CitySigns,
    segments: Iterable[int],
) -> list[Suspect]:
    """Give what speaks for an incident on each of some segments on which anything does.

    On most segments where a vehicle stands nothing else is odd; those are not weighed at all.
    """
    lanes, flows = signs.lanes, signs.flows
    speaks = ~(flows.stopped < settings.least_stopped)
    speaks[detectors.segment[(lanes.slow > 0) | (lanes.dead > 0)]] = True
    speaks[list(signs.cameras)] = True
    return [
        _weigh(network, detectors, settings, s, signs) for s in sorted(set(segments)) if speaks[s]
    ]


def strongest(found: Iterable[Suspect], settings: JudgementSettings) -> list[Suspect]:
    """Give the suspects that are strong enough to keep an alert open, the strongest first."""
    strong = [suspect for suspect in found if suspect.odds >= settings.keep_at]
    return sorted(strong, key=lambda suspect: (-suspect.odds, suspect.segment))


def confirmed_by_cameras(found: Iterable[Suspect], settings: DetectionSettings) -> list[Suspect]:
    """Give the suspects, each confirmed where a camera's word and other sensors say the same.

    Both together are told at once, as what people report is beside a sensor's sign.
    """

    def is_confirmed(suspect: Suspect) -> bool:
        said = sum(sign.odds for sign in suspect.signs if sign.source == "camera")
        others = suspect.odds - said - suspect.told
        return said >= settings.cameras.least_word and others >= settings.reports.second_sign

    return [msgspec.structs.replace(s, is_confirmed=True) if is_confirmed(s) else s for s in found]


def shown_beside_cameras(
    network: Network,
    found: Iterable[Suspect],
    reported: Iterable[ReportedSign],
    cameras: Iterable[int],
    settings: ReportSettings,
) -> set[int]:
    """Give the segments with a camera's word that others confirm, there or on the next segment.

    Others are sensors, and people who report something near by.
    """
    shown = {
        suspect.segment
        for suspect in found
        if sum(s.odds for s in suspect.signs if s.source != "camera") >= settings.second_sign
    }
    shown |= {
        road.segment
        for sign in reported
        if sign.odds >= settings.second_sign
        for road in sign.roads
    }
    return {
        place
        for place in cameras
        if shown & {place, *segments_after(network, place), *segments_before(network, place)}
    }


def _weigh(
    network: Network,
    detectors: LaneDetectors,
    settings: JudgementSettings,
    segment: int,
    city: CitySigns,
) -> Suspect:
    """Add up what speaks for and against an incident on a segment."""
    root, offset_m = segment, float(network.length_m[segment]) / 2
    lane: int | None = None
    cause: Cause = "incident"
    signs: list[Sign] = []
    slow = _slow_lane(network, detectors, settings, segment, city)
    if slow is not None:
        detector, sign = slow
        signs.append(sign)
        offset_m, lane = float(detectors.offset_m[detector]), int(detectors.lane[detector])
    dead = _dead_lane(detectors, settings, segment, city)
    if dead is not None:
        detector, sign = dead
        signs.append(sign)
        offset_m, lane = float(detectors.offset_m[detector]), int(detectors.lane[detector])
        cause = "illegal_parking" if lane == KERB_LANE else "incident"
    if signs:
        signs += _crowding(network, settings, segment, city.flows)
    stoppage = find_stoppage(network, settings, segment, city.flows)
    if stoppage is not None:
        signs += stoppage.signs
        root, offset_m, cause, lane = stoppage.head, stoppage.offset_m, stoppage.cause, None
    if signs:
        signs += _often_slow(settings, (segment, root), city)
    for place in sorted({segment, root} & set(city.cameras)):
        camera = city.cameras[place]
        signs.append(Sign(f"camera {place}", "camera", camera.seen, camera.odds))
    total = sum(sign.odds for sign in signs)
    return Suspect(root, offset_m, total, tuple(signs), cause, lane)


def _slow_lane(
    network: Network,
    detectors: LaneDetectors,
    settings: JudgementSettings,
    segment: int,
    city: CitySigns,
) -> tuple[int, Sign] | None:
    """Give the detector and the sign of a slow lane, None where a queue explains it."""
    slow = _strongest(detectors, segment, city.lanes.slow)
    if slow is None or _is_of_queue(network, settings, segment, slow, city):
        return None
    odds = settings.slow_lane * _over_lanes(detectors, settings, segment, city.lanes.slow)
    odds -= _tail_of_queue(network, settings, segment, city.flows)
    if odds <= 0:
        return None
    speed = float(city.lanes.slowest[slow]) * KMH
    return slow, Sign(
        "slow", "magnetometer", Seen("slow_lane", {"speed_kmh": round(speed, 1)}), odds
    )


def _dead_lane(
    detectors: LaneDetectors, settings: JudgementSettings, segment: int, city: CitySigns
) -> tuple[int, Sign] | None:
    """Give the detector and the sign of a lane without vehicles beside a busy one, or None."""
    dead = _strongest(detectors, segment, city.lanes.dead)
    if dead is None:
        return None
    odds = settings.dead_lane * float(city.lanes.dead[dead])
    seen = Seen("dead_lane", {"n": round(float(city.lanes.missed[dead]))})
    return dead, Sign("dead", "magnetometer", seen, odds)


def _crowding(
    network: Network, settings: JudgementSettings, segment: int, flows: FlowSigns
) -> list[Sign]:
    """Give what speaks against odd lanes: among many queues lanes do odd things."""
    count = count_other_jams(network, settings, segment, segment, flows)
    if not count:
        return []
    odds = -settings.lane_crowd * count
    return [Sign("crowd", "states", Seen("crowd", {"n": count}), odds)]


def _often_slow(
    settings: JudgementSettings, places: tuple[int, int], city: CitySigns
) -> list[Sign]:
    """Give what speaks against an incident where the typical week is slow at this hour too."""
    slow = [s for s in places if city.usual_share(s) < settings.often_slow_share]
    if not slow:  # or nothing is known: NaN
        return []
    usual = float(city.usual.usual_mps[min(slow, key=city.usual_share)]) * KMH
    seen = Seen("often_slow", {"usual_kmh": round(usual, 1)})
    return [Sign("often slow", "profile", seen, -settings.often_slow)]


def _over_lanes(
    detectors: LaneDetectors, settings: JudgementSettings, segment: int, odds: Floats
) -> float:
    """Give the strongest lane's odds and a share of the next one's."""
    of_lanes = odds[detectors.first[segment] : detectors.first[segment + 1]]
    ranked = np.sort(of_lanes)[::-1]
    second = float(ranked[1]) if len(ranked) > 1 else 0.0
    return float(ranked[0]) + settings.second_lane * second


def _strongest(detectors: LaneDetectors, segment: int, odds: Floats) -> int | None:
    """Give the segment's detector with the highest odds, None where all are 0."""
    low, high = detectors.first[segment], detectors.first[segment + 1]
    if low == high:
        return None
    best = int(low + np.argmax(odds[low:high]))
    return best if odds[best] > 0 else None


def _is_of_queue(
    network: Network, settings: JudgementSettings, segment: int, slow: int, city: CitySigns
) -> bool:
    """Tell whether the lane is slow in a queue that was there before it, or towards one."""
    root_of = city.queues.queues.root_of
    if root_of[segment] == NONE:
        return any(root_of[s] != NONE for s in segments_after(network, segment))
    stood = (city.minute_start - float(city.queues.since[segment])) / MINUTE_S + 1
    before = stood - float(city.lanes.slow_minutes[slow])
    return root_of[segment] != segment or before > settings.apart_minutes


def _tail_of_queue(
    network: Network, settings: JudgementSettings, segment: int, flows: FlowSigns
) -> float:
    """Give what a queue ahead takes off: slow driving towards its tail is no incident."""
    near = (segment, *segments_after(network, segment))
    return settings.queue_ahead if any(flows.is_jammed[s] for s in near) else 0.0
