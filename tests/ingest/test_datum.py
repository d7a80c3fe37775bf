"""Datums: where the published shift puts known places, and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import datum
from ingest.datum import Datum
from tests.ingest.recordings import wgs84_to_bd09


@given(st.floats(73.0, 135.0), st.floats(3.0, 53.0))
def test_there_and_back_is_the_same_point_to_a_millionth_of_a_degree(
    longitude: float, latitude: float
) -> None:
    lon, lat = np.array([longitude]), np.array([latitude])
    for there, back in (
        (datum.wgs84_to_gcj02, datum.gcj02_to_wgs84),
        (datum.gcj02_to_bd09, datum.bd09_to_gcj02),
        (wgs84_to_bd09, datum.bd09_to_wgs84),
    ):
        again = back(*there(lon, lat))
        assert abs(again[0][0] - longitude) < 1e-6 and abs(again[1][0] - latitude) < 1e-6


def test_the_shift_moves_shanghai_by_some_hundred_metres_and_bd09_further() -> None:
    lon, lat = np.array([121.48]), np.array([31.22])
    east, north = datum.wgs84_to_gcj02(lon, lat)
    assert 300.0 < np.hypot((east - lon) * 95_200.0, (north - lat) * 111_000.0)[0] < 700.0
    far_east, far_north = wgs84_to_bd09(lon, lat)
    assert far_east[0] - east[0] == pytest.approx(0.0065, abs=0.001)
    assert far_north[0] - north[0] == pytest.approx(0.006, abs=0.001)


def test_the_published_example_of_the_series_is_met() -> None:
    """Tian'anmen in WGS-84 and GCJ-02 as the coordtransform library (2015) lists it."""
    east, north = datum.wgs84_to_gcj02(np.array([116.404]), np.array([39.915]))
    assert (east[0], north[0]) == pytest.approx((116.41024449916938, 39.91640428150164), abs=1e-7)


@pytest.mark.parametrize("point", [(2.35, 48.86), (31.22, 121.48), (np.nan, 31.0), (np.inf, 0.0)])
def test_points_outside_china_and_non_numbers_pass_unchanged(point: tuple[float, float]) -> None:
    lon, lat = np.array([point[0]]), np.array([point[1]])
    for there in (Datum.GCJ02, Datum.BD09):
        out = datum.to_wgs84(lon, lat, there)
        assert np.array_equal(out[0], lon, equal_nan=True)
        assert np.array_equal(out[1], lat, equal_nan=True)
