"""What is said of a fault: since when it is there, and what was seen of it."""

import numpy as np

from congestion.detectors.battery import Battery
from congestion.detectors.verdicts import (
    CHATTER,
    CONSTANT,
    COUNTED_TWICE,
    DISAGREES,
    LANES_EXCHANGED,
    NO_COUNT,
    NO_DATA,
    NO_OCCUPANCY,
    OCCUPANCY_STUCK,
    OFFS_LOST,
    STUCK_OFF,
    STUCK_ON,
    TOO_LONG,
    TOO_SHORT,
    WRONG_LANE,
)
from ingest.units import MINUTE_S, Seconds


def evidence(
    battery: Battery, minute_start: Seconds, verdict: int, detector: int
) -> tuple[Seconds, str]:
    """Give since when a fault is thought to have been there, and what was seen of it."""
    of_many = _of_many(battery, verdict, detector)
    if of_many is not None:
        return of_many
    if verdict == OFFS_LOST:
        return battery.offs.since(detector), battery.offs.evidence(detector)
    if verdict in (TOO_SHORT, TOO_LONG):
        return float(battery.lengths.since(minute_start)[detector]), battery.lengths.evidence(
            detector
        )
    if verdict == WRONG_LANE:
        return float(battery.lanes.since()[detector]), battery.lanes.evidence(detector)
    if verdict in (STUCK_OFF, NO_COUNT):
        run = float(battery.lost.state["run"][detector])
        return minute_start - MINUTE_S * (run - 1.0), battery.lost.evidence(detector)
    if verdict in (CONSTANT, OCCUPANCY_STUCK):
        run = battery.repeated.readings(detector)
        return minute_start - MINUTE_S * (run - 1.0), battery.repeated.evidence(detector)
    if verdict == NO_OCCUPANCY:
        run, count = (
            float(battery.conduct.state[name][detector]) for name in ("bare_minutes", "bare")
        )
        words = f"{count:.0f} vehicles in {run:.0f} minutes, none of which took time to pass"
        return minute_start - MINUTE_S * (run - 1.0), words
    if verdict == DISAGREES and battery.conduct.is_other_unit[detector]:
        ratios = battery.conduct.ratios()
        words = f"{len(ratios)} detectors tell {np.median(ratios):.2f} of the speed of probes"
        return minute_start, f"{words}: another unit"
    if verdict == DISAGREES:
        run, ratio = (
            float(battery.conduct.state[name][detector]) for name in ("disagrees", "ratio")
        )
        words = f"{ratio:.2f} of the speed of probes, the {run:.0f}th time in a row"
        return minute_start, words
    name, words = {
        NO_DATA: ("silent", "no reading in {:.0f} minutes"),
        STUCK_ON: ("stuck_on", "occupied throughout {:.0f} minutes"),
        CHATTER: ("chatter", "more vehicles than can pass in {:.0f} minutes"),
    }[verdict]
    run = float(battery.conduct.state[name][detector])
    return minute_start - MINUTE_S * (run - 1.0), words.format(run)


def _of_many(battery: Battery, verdict: int, detector: int) -> tuple[Seconds, str] | None:
    """Give the same of a fault that a detector shares with many others, None of any other."""
    if verdict == TOO_LONG and battery.percent.verdicts()[detector]:
        return battery.percent.since(detector), battery.percent.evidence(detector)
    if verdict in (STUCK_ON, STUCK_OFF, CONSTANT, DISAGREES) and battery.gateway.found()[detector]:
        return battery.gateway.evidence(detector)
    if verdict in (TOO_SHORT, COUNTED_TWICE, DISAGREES) and battery.factor.found[detector]:
        return battery.factor.evidence(detector)
    if verdict == LANES_EXCHANGED:
        return battery.exchanges.evidence(detector, battery.lanes)
    return None
