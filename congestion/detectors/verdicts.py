"""What may be found of a detector, and which of its faults is told where there are several."""

from collections.abc import Mapping

import numpy as np

from congestion.detectors.battery import Battery
from congestion.detectors.settings.health import HealthSettings
from congestion.records import Fault
from ingest.kernels.arrays import Flags, Int64s

FAULTS: tuple[Fault | None, ...] = (
    None, "no_data", "stuck_on", "stuck_off", "chatter", "constant", "no_count", "too_short",
    "too_long", "wrong_lane", "no_occupancy", "disagrees", "offs_lost", "constant", "too_short",
    "wrong_lane",
)  # fmt: skip
"""Verdicts by code.

`no_count`: occupancy moves, but no vehicle is counted. `too_short`: vehicles seem shorter than they
can be, since they are counted double or the occupancy is too low. `too_long`: the occupancy is too
high, or vehicles are missed. `wrong_lane`: it counts the traffic of the lane beside it.
`no_occupancy`: the vehicles counted occupy it for no time. `disagrees`: its speed is not that of
the probes that drive over it. `offs_lost`: most of its on or off events lack the other, so that its
occupancy is not known; its count is, and is used. `constant` comes twice: where
the occupancies of many are stuck, count and speed are used; one detector alone is broken. So does
`too_short`: where many count each vehicle twice, occupancy and speed are used. So does
`wrong_lane`: where the lanes of many places are exchanged, their roads still have what they tell.
"""
(
    NO_DATA, STUCK_ON, STUCK_OFF, CHATTER, CONSTANT, NO_COUNT, TOO_SHORT, TOO_LONG, WRONG_LANE,
    NO_OCCUPANCY, DISAGREES, OFFS_LOST, OCCUPANCY_STUCK, COUNTED_TWICE, LANES_EXCHANGED,
) = range(1, 16)  # fmt: skip
HALF_BELIEVED = (OFFS_LOST, OCCUPANCY_STUCK, COUNTED_TWICE, LANES_EXCHANGED)
"""A detector with such a fault is believed, but for its occupancy, for its count, or for the lane
that it is of."""
GUARDED = (
    "stuck_on", "constant", "stuck_off", "no_count", "chatter", "no_occupancy", "length",
    "wrong_lane", "disagrees",
)  # fmt: skip
"""The tests that withdraw where they accuse too many. Not among them: silence, occupancies that
only a percentage can be, records that repeat, occupancies that are stuck beyond doubt, detectors
that stop or exchange their lanes in the same minutes, speeds that are those of probes in another
unit, and lengths that are those of most detectors but for one factor. A gateway breaks all its
detectors so at once, and what they sent shows it without any assumption about traffic. Whom these
accuse the others need not."""


def accused(battery: Battery, settings: HealthSettings) -> dict[str, Flags]:
    """Give whom each test that may withdraw accuses by this minute."""
    conduct, lost = battery.conduct.state, battery.lost
    is_lost, is_jammed = (
        _is_lost(battery, settings),
        lost.occupied_around() >= settings.jam_occupancy,
    )
    is_held = is_lost & ~is_jammed & (conduct["stuck_on"] >= settings.lost_minutes)
    is_held |= (conduct["stuck_on"] >= settings.jam_minutes) & (
        lost.passed_around() >= settings.lost_vehicles
    )
    is_passed = conduct["held_free"] >= settings.passed_minutes
    is_passed &= conduct["stuck_on"] >= settings.held_minutes
    is_empty = battery.occupancies < settings.empty_occupancy
    repeats = battery.repeated
    found = {
        "stuck_on": is_passed | is_held,
        "constant": repeats.occupancy_is_stuck | repeats.speed_is_stuck,
        "stuck_off": is_lost & is_empty,
        "no_count": is_lost & ~is_empty & ~is_jammed,
        "chatter": conduct["chatter"] >= settings.chatter_minutes,
        "no_occupancy": conduct["bare"] >= settings.bare_vehicles,
        "length": battery.lengths.verdicts != 0,
        "wrong_lane": battery.lanes.verdicts(),
        "disagrees": conduct["disagrees"] >= settings.disagrees_minutes,
    }
    is_explained = explained(battery)
    return {name: flags & ~is_explained for name, flags in found.items()}


def explained(battery: Battery) -> Flags:
    """Give who is accused by this minute without any test that may withdraw, but of silence."""
    repeats = battery.repeated
    found = battery.gateway.found() | battery.factor.found
    found |= battery.exchanges.found(battery.lanes)
    return found | repeats.record_is_stuck | repeats.occupancy_is_stuck_beyond_doubt


def verdicts(battery: Battery, settings: HealthSettings, accused: Mapping[str, Flags]) -> Int64s:
    """Give the verdict on each detector by this minute, the first that applies.

    `accused` is whom the tests accuse that have not withdrawn.
    """
    lengths, gateway, factor = battery.lengths.verdicts, battery.gateway, battery.factor
    is_chatter = battery.conduct.state["chatter"] >= settings.chatter_minutes
    counts = ~_is_lost(battery, settings) & ~is_chatter
    is_stuck = battery.repeated.occupancy_is_stuck_beyond_doubt
    is_constant = is_stuck | battery.repeated.record_is_stuck | gateway.is_repeating
    least = settings.gateway.share * (~battery.conduct.is_silent).sum()
    are_many = is_stuck.sum() >= max(least, settings.gateway.least_detectors)
    return np.select(
        [
            battery.conduct.is_silent,
            battery.percent.verdicts(),
            battery.offs.verdicts() & counts,
            accused["stuck_on"] | gateway.is_held,
            is_stuck & counts & are_many,
            accused["constant"] | is_constant,
            accused["stuck_off"] | gateway.is_empty,
            accused["no_count"],
            accused["chatter"],
            accused["no_occupancy"],
            factor.are_off("count"),
            (accused["length"] & (lengths < 0)) | factor.are_off("occupancy"),
            accused["length"],
            battery.exchanges.found(battery.lanes),
            accused["wrong_lane"],
            accused["disagrees"] | battery.conduct.is_other_unit | gateway.is_other_length
            | factor.are_off("speed"),
        ],
        [
            NO_DATA, TOO_LONG, OFFS_LOST, STUCK_ON, OCCUPANCY_STUCK, CONSTANT, STUCK_OFF, NO_COUNT,
            CHATTER, NO_OCCUPANCY, COUNTED_TWICE, TOO_SHORT, TOO_LONG, LANES_EXCHANGED,
            WRONG_LANE, DISAGREES,
        ],
        0,
    )  # fmt: skip


def _is_lost(battery: Battery, settings: HealthSettings) -> Flags:
    """Tell at which detectors vehicles are missing."""
    lost = battery.lost
    is_late = lost.state["run"] >= settings.lost_minutes
    is_closed = lost.stopped_with_street() & (lost.state["run"] < settings.jam_minutes)
    is_late &= ~is_closed | (battery.conduct.state["driven"] >= settings.driven_minutes)
    return np.asarray((lost.lost() >= settings.lost_vehicles) & is_late)
