"""Has the length of a detector's vehicles changed? Cumulative sums of log likelihood ratios."""

import math

import numba as nb

from ingest.kernels.arrays import Flags, Floats, Floats32, Int64s


@nb.njit(cache=True, nogil=True, _nrt=False, inline="always")
def _share(own: Floats32, usual: Floats, total: float, at: int) -> float:
    """Give the share of class `at`, of which a quarter spreads to each class beside it."""
    classes = len(usual)
    if at < 0 or at >= classes:
        return 0.0
    share = 0.5 * (own[at] + usual[at])
    if at > 0:
        share += 0.25 * (own[at - 1] + usual[at - 1])
    if at < classes - 1:
        share += 0.25 * (own[at + 1] + usual[at + 1])
    return share / total


@nb.njit(cache=True, nogil=True, _nrt=False)
def weigh_lengths(
    detector: Int64s,
    length_class: Int64s,
    is_vehicle: Flags,
    minute: float,
    usual: Floats,
    shifts: Int64s,
    slack: float,
    most: float,
    evidence: float,
    keep: float,
    lengths: Floats32,
    sums: Floats,
    since: Floats,
    is_off: Floats,
) -> None:
    """Weigh one length of each of r detectors, and learn it where no change is accused.

    detector, length_class r: which detector measured which of c classes; is_vehicle r: whether a
    vehicle can be so long. usual c: the city's lengths, in minutes of weight. shifts s: by how many
    classes a fault moves lengths. With p = (1 - slack) x share + slack / c, a sum grows by
    ln p(class - shift) / p(class), at most `most` either way, and starts anew at 0 (Page 1954).
    In place: lengths d x c (what each measured, faded by keep), sums and since d x s (the sum, and
    the minute it last left 0), is_off d (1 from the sum `evidence` until all are 0).
    """
    classes, ceiling = len(usual), 1.5 * evidence
    prior = 0.0
    for c in range(classes):
        prior += usual[c]
    for row in range(len(detector)):
        d, at = detector[row], length_class[row]
        own = lengths[d]
        total = prior
        for c in range(classes):
            total += own[c]
        floor = slack / classes
        as_before = math.log((1.0 - slack) * _share(own, usual, total, at) + floor)
        worst = 0.0
        for s in range(len(shifts)):
            if sums[d, s] <= 0.0:
                since[d, s] = minute
            shifted = (1.0 - slack) * _share(own, usual, total, at - shifts[s]) + floor
            gain = min(max(math.log(shifted) - as_before, -most), most)
            sums[d, s] = min(max(sums[d, s] + gain, 0.0), ceiling)
            worst = max(worst, sums[d, s])
        if worst >= evidence:
            is_off[d] = 1.0
        elif worst <= 0.0:
            is_off[d] = 0.0
        if is_vehicle[row] and is_off[d] == 0.0:
            for c in range(classes):
                own[c] *= keep
            own[at] += 1.0
