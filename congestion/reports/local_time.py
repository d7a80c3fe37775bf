"""Local hours and days of times since 1970: right in every zone, and when its clocks change."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from ingest.kernels.arrays import Int64s
from ingest.units import Seconds

QUARTER_S = 900
"""Every zone is a whole number of quarters off UTC. Unit: s."""

Label = Callable[[datetime], str]


def hour_of(local: datetime) -> str:
    """Give the local hour that a moment is in; the second of two alike names its zone."""
    text = f"{local:%Y-%m-%d %H}:00"
    return f"{text} {local:%Z}" if local.fold else text


def day_of(local: datetime) -> str:
    """Give the local day that a moment is in."""
    return f"{local:%Y-%m-%d}"


def labelled(times: Int64s, zone: ZoneInfo, label: Label) -> tuple[list[str], Int64s]:
    """Give the labels of the spans that times are in, in order of time, and which each is in."""
    quarters, place = np.unique(times // QUARTER_S, return_inverse=True)
    texts = [label(datetime.fromtimestamp(q * QUARTER_S, zone)) for q in quarters.tolist()]
    labels = list(dict.fromkeys(texts))
    number = {text: i for i, text in enumerate(labels)}
    code = np.array([number[text] for text in texts], np.int64)
    return labels, np.asarray(code[place], np.int64) if len(code) else place.astype(np.int64)


def local_text(time: Seconds, zone: ZoneInfo) -> str:
    """Give a moment as a table has it."""
    return f"{datetime.fromtimestamp(time, zone):%Y-%m-%d %H:%M}"
