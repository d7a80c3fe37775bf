"""The sensors that stand before detectors and time their vehicles."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ingest.kernels.arrays import Floats, Int64s
from ingest.recorded.assets import Assets
from ingest.units import Metres


class Lead(NamedTuple):
    """The sensor of a detector that times its vehicles, so far upstream of it in the same lane."""

    sensor_id: str
    spacing_m: Metres


def leads_of(assets: Assets) -> dict[str, Lead]:
    """Give the lead of each detector that has one."""
    return {
        detector.detector_id: Lead(detector.lead_id, detector.lead_m)
        for detector in assets.detectors
        if detector.lead_id is not None and detector.lead_m is not None
    }


def lead_arrays(numbers: Mapping[str, int], leads: Mapping[str, Lead]) -> tuple[Int64s, Floats]:
    """Give the number of each sensor's lead, -1 without one, and how far off it stands (m).

    `numbers` are those of the sensors, from 0 without a hole.
    """
    number, spacing = np.full(len(numbers), -1, np.int64), np.zeros(len(numbers))
    for sensor_id, place in numbers.items():
        lead = leads.get(sensor_id)
        if lead is not None:
            number[place] = numbers.get(lead.sensor_id, -1)
            spacing[place] = lead.spacing_m
    return number, spacing
