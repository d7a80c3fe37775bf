"""Travel times of quarters of an hour: how far they can be relied on, and excessive delay."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
from ibis import _

from congestion.profile.calendar import Calendar
from congestion.reliability import (
    LOTTR_PERIODS,
    PERSONS_IN_CAR,
    PHED_HOURS,
    PHED_INTERVAL_S,
    RELIABLE_BELOW,
    excessive_threshold_mps,
    lottr_of,
)
from congestion.reports.local_time import QUARTER_S
from congestion.reports.opened import Opened
from congestion.reports.stored import on_segments
from ingest.kernels.arrays import Floats, Int32s

NO_PERIOD = -1


@dataclass(frozen=True)
class Reliability:
    """LOTTR of s segments in each of the periods of the week, NaN where a period has no data."""

    segment: Int32s  # s
    lottr: Floats  # s x 4, of LOTTR_PERIODS
    person_m: Floats  # s, flow times length: the weight of a segment
    quarters: int  # that it is made of

    def reliable_share(self) -> float:
        """Give the share of person-distance on segments reliable in every period they have.

        Source: 23 CFR 490.513, with flow times length for person-miles.
        """
        known = np.isfinite(self.lottr)
        reliable = (self.lottr < RELIABLE_BELOW) | ~known
        counts = known.any(axis=1)
        weight = self.person_m * counts
        return float((weight * reliable.all(axis=1)).sum() / max(weight.sum(), 1e-9))


def quarter_means(opened: Opened, calendar: Calendar) -> Any:
    """Give the mean pace of each segment and quarter of an hour, with its period of the week."""
    rows = on_segments(opened.states, opened.segments).filter(_.is_known)
    means = rows.group_by("segment", quarter=_.minute // QUARTER_S).agg(
        pace=(1.0 / _.speed).mean(),
        vehicles=ibis.coalesce(_.flow_veh_h, _.class_flow_veh_h).mean() * (QUARTER_S / 3600.0),
        length_m=_.length_m.max(),
    )
    return means.inner_join(ibis.memtable(_calendar(opened, calendar)), "quarter")


def _calendar(opened: Opened, calendar: Calendar) -> pa.Table:
    """Give each quarter stored: which period of LOTTR it is in, and whether in a peak."""
    quarters = np.unique(opened.minutes.minute // QUARTER_S)
    period, is_peak = [], []
    for quarter in quarters.tolist():
        local = datetime.fromtimestamp(quarter * QUARTER_S, opened.zone)
        is_off = bool(calendar.day_and_slot(local)[0])
        period.append(next(
            (i for i, p in enumerate(LOTTR_PERIODS)
             if p.is_weekend == is_off and p.from_hour <= local.hour < p.to_hour), NO_PERIOD,
        ))  # fmt: skip
        is_peak.append(not is_off and any(low <= local.hour < high for low, high in PHED_HOURS))
    return pa.table({"quarter": quarters, "period": period, "is_peak": is_peak})


def reliability(means: Any) -> Reliability:
    """Give LOTTR of every segment: see `congestion.reliability.lottr`."""
    found = (
        means.filter(_.period != NO_PERIOD)
        .group_by("segment", "period")
        .agg(
            p80=_.pace.quantile(0.8),
            p50=_.pace.quantile(0.5),
            person_m=_.vehicles.mean() * _.length_m.max(),
            quarters=_.count(),
        )
        .to_pandas()
    )
    segment, row = np.unique(found["segment"].to_numpy(np.int32), return_inverse=True)
    values = np.full((len(segment), len(LOTTR_PERIODS)), np.nan)
    period = found["period"].to_numpy(np.int64)
    values[row, period] = lottr_of(found["p80"].to_numpy(), found["p50"].to_numpy())
    weight = np.zeros(len(segment))
    np.maximum.at(weight, row, found["person_m"].to_numpy())
    return Reliability(segment, values, weight, int(found["quarters"].sum()))


def peak_hour_excessive_delay(opened: Opened, means: Any) -> tuple[float, int]:
    """Give PHED in person-hours, and of how many segments' quarters it is made.

    See `congestion.reliability.excessive_delay_s`; the query rounds and caps as that does.
    """
    limits = pa.table({
        "segment": np.arange(opened.network.segment_count, dtype=np.int32),
        "threshold_s": np.rint(
            opened.network.length_m / excessive_threshold_mps(opened.network.free_speed_mps)
        ),
    })  # fmt: skip
    rows = means.filter(_.is_peak).inner_join(ibis.memtable(limits), "segment")
    delay = ((_.pace * _.length_m).round() - _.threshold_s).clip(0.0, PHED_INTERVAL_S)
    found = rows.mutate(delay=delay).agg(
        person_h=(_.delay / 3600.0 * _.vehicles * PERSONS_IN_CAR).sum(), quarters=_.count()
    )
    (row,) = found.to_pyarrow().to_pylist()
    return float(row["person_h"] or 0.0), int(row["quarters"])
