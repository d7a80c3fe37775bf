"""Adaptive smoothing (Treiber and Helbing 2002) along roads, the baseline beside the product.

Point speeds of detectors and probes are smoothed over space and time twice, along the wave of free
traffic (downstream) and along that of congestion (upstream), and mixed by how slow either says it
is. Made for motorways; here it goes along each segment and those before and after it.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ingest.kernels.arrays import Floats
from ingest.units import KMH, MINUTE_S
from mapmatch.network import Network

# Waves and time as usually given after the paper (80 and -15 km/h, 1.1 min); the critical speed,
# its width and the reach brought from motorways (60 km/h, 20 km/h, 600 m) to streets: of 60, 150
# and 600 m the best.
SIGMA_M, TAU_S = 60.0, 66.0
FREE_WAVE_KMH, JAM_WAVE_KMH = 80.0, -15.0
CRITICAL_KMH, WIDTH_KMH = 25.0, 8.0
REACH_M, SPAN_MINUTES = 600.0, 3


def around(network: Network, segment: int) -> Iterator[tuple[int, float]]:
    """Give the segments near one along the road and the metres to their middles, + downstream."""
    half = float(network.length_m[segment]) / 2
    yield segment, 0.0
    for sign, offsets, others in (
        (1.0, network.successor_offsets, network.successors),
        (-1.0, network.predecessor_offsets, network.predecessors),
    ):
        waiting, seen = [(segment, half)], {segment}
        while waiting:
            at, end = waiting.pop()
            for other in others[offsets[at] : offsets[at + 1]].tolist():
                length = float(network.length_m[other])
                if other in seen or end + length / 2 > REACH_M:
                    continue
                seen.add(other)
                yield other, sign * (end + length / 2)
                waiting.append((other, end + length))


def smoothed(network: Network, states: pd.DataFrame, joined: pd.DataFrame) -> pd.Series:
    """Give the smoothed speed of detectors and probes for each row of `joined`."""
    times = pd.DatetimeIndex(np.sort(states.interval_start.unique()))
    ids = pd.Index(network.segment_ids)
    rows = (
        times.get_indexer(pd.DatetimeIndex(states.interval_start)),
        ids.get_indexer(pd.Index(states.segment_id)),
    )
    sources = []
    for name in ("detector_speed_kmh", "probe_speed_kmh"):
        source = np.full((len(times), len(ids)), np.nan)
        source[rows] = states[name]
        sources.append(source)
    at = (
        times.get_indexer(pd.DatetimeIndex(joined.interval_start)),
        ids.get_indexer(pd.Index(joined.segment_id)),
    )
    return pd.Series(adaptive(network, sources)[at], index=joined.index)


def adaptive(network: Network, speeds: list[Floats]) -> Floats:
    """Give the smoothed speed (km/h) of minutes x segments; `speeds` are sources, NaN unseen.

    Only the minute itself and those before it are looked at: the product knows no future either.
    """
    minutes, count = speeds[0].shape
    jam = [np.zeros((minutes, count)) for _ in range(2)]  # weighted sum, weight
    free = [np.zeros((minutes, count)) for _ in range(2)]
    value = np.zeros((minutes, count))
    seen = np.zeros((minutes, count))
    for source in speeds:
        value += np.nan_to_num(source)
        seen += np.isfinite(source)
    pairs = [(s, o, x) for s in range(count) for o, x in around(network, s)]
    segment, other, away = (np.array(column) for column in zip(*pairs, strict=True))
    for back in range(SPAN_MINUTES + 1):
        for sums, wave in ((jam, JAM_WAVE_KMH), (free, FREE_WAVE_KMH)):
            # What was seen `away` downstream so long ago, brought here by the wave.
            apart = np.abs(back * MINUTE_S + away / (wave / KMH))
            weight = np.exp(-np.abs(away) / SIGMA_M - apart / TAU_S)
            for k in range(back, minutes):
                sums[0][k] += np.bincount(segment, weight * value[k - back][other], count)
                sums[1][k] += np.bincount(segment, weight * seen[k - back][other], count)
    with np.errstate(invalid="ignore", divide="ignore"):
        by_jam, by_free = jam[0] / jam[1], free[0] / free[1]
    slower = np.minimum(by_jam, by_free)
    share = 0.5 * (1.0 + np.tanh((CRITICAL_KMH - slower) / WIDTH_KMH))
    return np.asarray(share * by_jam + (1.0 - share) * by_free)
