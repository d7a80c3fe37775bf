"""Speeds of detectors that measure only flow and occupancy, by a length learnt for each."""

from dataclasses import replace

import numpy as np

from congestion.detectors.settings.g_factor import GFactorSettings
from congestion.region import Region, is_open
from congestion.seen.readings import MinuteReadings
from ingest.kernels.arrays import Flags, Floats
from ingest.saved_state import SavedState, pack, unpack
from ingest.units import MINUTE_S


class _GFactorState(SavedState, frozen=True):
    SCHEMA_VERSION = 2

    arrays: dict[str, Floats]


class GFactor:
    """Remembers each detector's mean effective length, its g-factor; minutes come in order.

    Speed = g x flow / occupancy, since flow over occupancy is speed over mean length (Dailey 1999).
    g is learnt at free flow, where the speed is the detector's own if it measures one, else the
    limit's (as PeMS does: Jia et al. 2001, Bickel et al. 2007). On open roads flow and occupancy of
    few vehicles are summed up with those before, as PeMS smooths them.
    """

    def __init__(self, region: Region, settings: GFactorSettings | None = None) -> None:
        self._settings = settings or GFactorSettings()
        self._limit = region.limit_mps[region.detector_segment]
        self._is_open = is_open(region)[region.detector_segment]
        count = len(self._limit)
        self.state: dict[str, Floats] = {
            "length_m": np.zeros(count),  # summed over the vehicles
            "vehicles": np.zeros(count),
            "lately": np.zeros(count),  # vehicles a minute, faded
            "felt": np.zeros(count),  # occupancy, faded likewise
        }

    @property
    def length_m(self) -> Floats:
        """Effective length of each detector's vehicles, m."""
        settings = self._settings
        prior = settings.prior_vehicles
        length = self.state["length_m"] + prior * settings.usual_length_m
        return np.asarray(length / (self.state["vehicles"] + prior))

    def fill(self, readings: MinuteReadings, is_trusted: Flags | None = None) -> MinuteReadings:
        """Learn from a minute and give it with the speeds that were not measured.

        A detector that is not trusted teaches nothing, so that a fault does not become what is
        usual. A speed stays NaN where nothing passed or the occupancy is missing.
        """
        settings, state = self._settings, self.state
        counts, occupancies = readings.counts, readings.occupancies
        with np.errstate(invalid="ignore", divide="ignore"):
            lately, felt = self._lately(counts, occupancies)
            has_passed = (counts > 0) & (felt > 0)
            is_free = np.where(
                self._is_open,
                (counts > 0) & (felt < settings.sure_occupancy),
                has_passed & (occupancies < settings.free_occupancy),
            )
            if is_trusted is not None:
                is_free &= is_trusted
            is_measured = np.isfinite(readings.speeds)
            share = np.where(self._is_open, settings.free_open_share, settings.free_speed_share)
            speed = np.where(is_measured, readings.speeds, share * self._limit)
            keep = np.where(is_free, 1.0, 0.0)
            raw = self.length_m * lately / (felt * MINUTE_S)
            most, is_made = settings.most_speed_share * self._limit, has_passed & ~is_measured
            speeds = np.where(is_made, np.minimum(raw, most), readings.speeds)
        fade = np.minimum(1.0, settings.memory_vehicles / np.maximum(state["vehicles"], 1.0))
        state["length_m"] *= fade
        state["vehicles"] *= fade
        state["length_m"] += np.nan_to_num(keep * occupancies * MINUTE_S * speed)
        state["vehicles"] += np.nan_to_num(keep * counts)
        return replace(readings, speeds=speeds, is_made=is_made)

    def _lately(self, counts: Floats, occupancies: Floats) -> tuple[Floats, Floats]:
        """Give vehicles and occupancy that speeds are made of, and remember them.

        An occupancy of nothing but zeros in whole percents counts too: its vehicles were as short.
        """
        settings, state = self._settings, self.state
        is_alone = ~self._is_open | (state["felt"] == 0.0)
        is_alone |= occupancies >= settings.sure_occupancy
        weight = np.where(is_alone, 1.0, settings.low_weight)
        lately = state["lately"] + weight * (counts - state["lately"])
        felt = state["felt"] + weight * (occupancies - state["felt"])
        is_known = np.isfinite(lately + felt)
        state["lately"] = np.where(is_known, lately, state["lately"])
        state["felt"] = np.where(is_known, felt, state["felt"])
        return lately, felt

    def snapshot(self) -> bytes:
        """Give everything remembered."""
        return pack(_GFactorState(self.state))

    def restore(self, data: bytes) -> None:
        """Take up a snapshot. Raises ValueError, changing nothing, where it does not fit."""
        self.state = unpack(data, _GFactorState(self.state)).arrays
