"""Speeds of detectors that tell only flow and occupancy, from a length learnt for each of them."""

from typing import Annotated

import msgspec
import numpy as np

from congestion.region import Region
from congestion.seen.observation import MinuteReadings
from ingest.kernels.arrays import Flags, Floats

Metres = Annotated[float, msgspec.Meta(gt=0, le=50)]
Share = Annotated[float, msgspec.Meta(gt=0, le=2)]
Vehicles = Annotated[float, msgspec.Meta(gt=0, le=100_000)]


class GFactorSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When traffic is free, and what is believed of a detector before it has seen any.

    Below `free_occupancy` vehicles drive `free_speed_share` of the limit. A detector's length is
    that of its last `memory_vehicles`, begun with `prior_vehicles` of `usual_length_m` (a car of
    4 to 5 m and the zone that feels it). No speed is told above `most_speed_share` of the limit.
    """

    free_occupancy: Share = 0.05
    free_speed_share: Share = 0.95
    most_speed_share: Share = 1.3
    usual_length_m: Metres = 5.0
    prior_vehicles: Vehicles = 30.0
    memory_vehicles: Vehicles = 2000.0


class GFactor:
    """Remembers each detector's mean effective length, its g-factor; minutes come in order.

    Speed = g x flow / occupancy. g is learnt at free flow, where the speed is known from the
    detector itself if it tells one, else from the limit (as PeMS does: Jia et al. 2001, Bickel et
    al. 2007; that flow over occupancy is speed over mean length: Dailey 1999).
    """

    def __init__(self, region: Region, settings: GFactorSettings | None = None) -> None:
        self._settings = settings or GFactorSettings()
        self._limit = region.limit_mps[region.detector_segment]
        count = len(self._limit)
        self.state: dict[str, Floats] = {
            "length_m": np.zeros(count),  # summed over the vehicles
            "vehicles": np.zeros(count),
        }

    @property
    def length_m(self) -> Floats:
        """Effective length of each detector's vehicles, m."""
        settings = self._settings
        prior = settings.prior_vehicles
        length = self.state["length_m"] + prior * settings.usual_length_m
        return np.asarray(length / (self.state["vehicles"] + prior))

    def fill(self, heard: MinuteReadings, is_trusted: Flags | None = None) -> MinuteReadings:
        """Learn from a minute and give it with the speeds that no detector told.

        Of detectors not trusted nothing is learnt, so that a fault does not become what is usual.
        A speed stays NaN where nothing passed or the occupancy is missing.
        """
        settings, state = self._settings, self.state
        counts, occupancies = heard.counts, heard.occupancies
        with np.errstate(invalid="ignore", divide="ignore"):
            has_passed = (counts > 0) & (occupancies > 0)
            is_free = has_passed & (occupancies < settings.free_occupancy)
            if is_trusted is not None:
                is_free &= is_trusted
            is_told = np.isfinite(heard.speeds)
            speed = np.where(is_told, heard.speeds, settings.free_speed_share * self._limit)
            keep = np.where(is_free, 1.0, 0.0)
            raw = self.length_m * counts / (occupancies * 60.0)
            most = settings.most_speed_share * self._limit
            speeds = np.where(has_passed & ~is_told, np.minimum(raw, most), heard.speeds)
        fade = np.minimum(1.0, settings.memory_vehicles / np.maximum(state["vehicles"], 1.0))
        state["length_m"] *= fade
        state["vehicles"] *= fade
        state["length_m"] += np.nan_to_num(keep * occupancies * 60.0 * speed)
        state["vehicles"] += np.nan_to_num(keep * counts)
        return MinuteReadings(counts, occupancies, speeds)
