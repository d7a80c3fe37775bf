"""How often devices send."""

import numpy as np
import pyarrow as pa
import pytest

from ingest.feed_check.rates import rate_of
from ingest.feed_check.spread import spread_of

TIME = pa.timestamp("ms", tz="UTC")


def test_the_interval_is_between_rows_of_one_device() -> None:
    devices = pa.chunked_array([["a", "b", "a", "b", "a", None]])
    times = pa.chunked_array([pa.array([0, 1000, 10_000, 31_000, 20_000, 5000], TIME)])
    rate = rate_of(devices, times)
    assert (rate.row_count, rate.device_count) == (6, 2)
    assert rate.interval_s is not None and rate.interval_s.median == pytest.approx(10.0)
    assert (rate.first, rate.last) == (0.0, 31.0)


def test_rows_without_times_have_no_rate() -> None:
    rate = rate_of(pa.chunked_array([["a", "b"]]), pa.chunked_array([pa.nulls(2, TIME)]))
    assert (rate.row_count, rate.device_count, rate.first) == (2, 0, None)


def test_a_spread_is_of_finite_numbers() -> None:
    spread = spread_of(np.array([np.nan, np.inf, *range(11)]))
    assert spread is not None and (spread.low, spread.median, spread.high) == (1.0, 5.0, 9.0)
    assert spread_of([np.nan]) is None
