"""What a disturbed morning truly was, beside the same morning undisturbed."""

from pathlib import Path

import numpy as np
import pandas as pd

from ingest.units import KMH
from streams.simulated.incidents import Placed
from streams.simulated.recording import at, rows_in

HALF, LOOSER = 0.5, 0.75
BEFORE_MIN, LEAST_PASSED = 5, 1.0


def link_minutes(path: Path) -> pd.DataFrame:
    """Give what SUMO summed of each link and minute (s): metres driven, seconds there, entered."""
    rows = []
    for interval in rows_in(path, "interval"):
        for edge in interval:
            a = edge.attrib
            if "speed" in a and not a["id"].startswith(":"):
                seconds = float(a["sampledSeconds"])
                metres = float(a["speed"]) * seconds
                rows.append(
                    (a["id"], float(interval.attrib["begin"]), metres, seconds, int(a["entered"]))
                )
    columns = ["link_id", "begin", "metres", "seconds", "entered"]
    return pd.DataFrame(rows, columns=columns)


def flows(minutes: pd.DataFrame, duration_s: float) -> dict[str, float]:
    """Give how many vehicles a minute entered each link in the second half."""
    late = minutes[minutes.begin >= duration_s / 2]
    entered = late.groupby("link_id").entered.sum()
    return {str(link): float(n) / (duration_s / 120.0) for link, n in entered.items()}


def mean_kmh(minutes: pd.DataFrame, link_id: str, start_s: float, end_s: float) -> float:
    """Give the mean speed on a link over the whole minutes that lie in a span, NaN where none."""
    of = minutes[(minutes.link_id == link_id)]
    of = of[(of.begin >= start_s) & (of.begin + 60.0 <= end_s)]
    seconds = of.seconds.sum()
    return float(of.metres.sum() / seconds * KMH) if seconds > 0 else float("nan")


def visibility(
    one: Placed, disturbed: pd.DataFrame, undisturbed: pd.DataFrame
) -> tuple[bool, bool]:
    """Tell whether flow shows an incident strictly, and by a looser rule.

    Strictly: the mean speed over the whole of it is under half of that of the undisturbed morning,
    and a vehicle a minute came before. Loosely: under three quarters.
    """
    span = (one.link.link_id, one.start_s, one.end_s)
    ratio = mean_kmh(disturbed, *span) / mean_kmh(undisturbed, *span)
    before = disturbed[(disturbed.link_id == one.link.link_id) & (disturbed.begin < one.start_s)]
    passed = before[before.begin >= one.start_s - 60.0 * BEFORE_MIN].entered.sum() / BEFORE_MIN
    is_used = passed >= LEAST_PASSED
    return bool(ratio < HALF and is_used), bool(ratio < LOOSER and is_used)


def add_undisturbed(path: Path, undisturbed: pd.DataFrame, begin: pd.Timestamp) -> None:
    """Write into a feed's true minutes how fast each link was on the undisturbed morning.

    NaN where nobody drove there.
    """
    true = pd.read_parquet(path)
    before = pd.DataFrame(
        {
            "link_id": undisturbed.link_id,
            "interval_start": at(begin, undisturbed.begin),
            "speed_without_incidents_kmh": (
                undisturbed.metres / undisturbed.seconds.where(undisturbed.seconds > 0) * KMH
            ).round(1).astype(np.float32),
        }
    )  # fmt: skip
    true.merge(before, how="left", on=["link_id", "interval_start"]).to_parquet(path, index=False)
