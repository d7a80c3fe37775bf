"""The California algorithms #7 and #8: occupancies of neighbouring stations compared.

Source: Payne and Tignor 1978, Freeway incident-detection algorithms based on decision trees with
states, Transportation Research Record 682; thresholds but the first as Levin and Krause 1979 use
them. The first is swept.
"""

import numpy as np
import numpy.typing as npt

from benchmarks.classics.minutes import SegmentMinutes, before
from ingest.kernels.arrays import Floats

Flags = npt.NDArray[np.bool_]

RELATIVE = 0.5
"""OCCRDF: the difference over the upstream occupancy. Unit: share."""
DOWNSTREAM = 0.3
"""DOCC: beyond it the downstream station is in a queue itself. Unit: occupancy."""
FALLS = 0.3
"""DOCCTD: by how much the downstream occupancy has fallen in two minutes. Unit: share."""
WAVE = -0.4
"""DOCCTD under which a wave of congestion passes the downstream station. Unit: share."""
WAVE_MINUTES = 5
"""After a wave nothing is believed for so long. Unit: min."""
SWEPT = (0.03, 0.05, 0.08, 0.12, 0.18, 0.25, 0.35, 0.5)
"""OCCDF: the difference of the occupancies. Unit: occupancy."""

FREE, TENTATIVE, INCIDENT = 0, 1, 2


def number_7(minutes: SegmentMinutes, difference: float) -> Flags:
    """Give m x n alarms: upstream full, downstream empty, in two minutes on end."""
    up, down = minutes.occupancy, minutes.ahead(minutes.occupancy)
    apart, relative = up - down, _relative(up, down)
    found = np.zeros(up.shape, np.bool_)
    state = np.zeros(up.shape[1], np.int64)
    for at in range(len(up)):
        holds = relative[at] >= RELATIVE
        begins = holds & (apart[at] >= difference) & (down[at] <= DOWNSTREAM)
        state = np.where(state == FREE, np.where(begins, TENTATIVE, FREE), holds * INCIDENT)
        found[at] = state == INCIDENT
    return found


def number_8(minutes: SegmentMinutes, difference: float) -> Flags:
    """Give m x n alarms: the same where the downstream occupancy falls, and not after a wave."""
    up, down = minutes.occupancy, minutes.ahead(minutes.occupancy)
    apart, relative = up - down, _relative(up, down)
    fell = _relative(before(down, 2), down)
    found = np.zeros(up.shape, np.bool_)
    state = np.zeros(up.shape[1], np.int64)
    since_wave = np.full(up.shape[1], WAVE_MINUTES + 1)
    for at in range(len(up)):
        holds = relative[at] >= RELATIVE
        is_wave = (down[at] >= DOWNSTREAM) & (fell[at] < WAVE)
        was_free = state == FREE
        # A wave is noted where nothing is suspected, or what was suspected does not hold.
        since_wave = np.where(
            is_wave & (was_free | ((state == TENTATIVE) & ~holds)), 1, since_wave + 1
        )
        begins = was_free & (since_wave > WAVE_MINUTES) & (down[at] < DOWNSTREAM)
        begins &= holds & (apart[at] >= difference) & (fell[at] >= FALLS)
        state = np.where(was_free, np.where(begins, TENTATIVE, FREE), holds * INCIDENT)
        found[at] = state == INCIDENT
    return found


def _relative(one: Floats, other: Floats) -> Floats:
    """Give how much less the other is, as a share of the one; NaN where the one is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(one > 0, (one - other) / one, np.nan)
