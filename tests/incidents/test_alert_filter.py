"""Which alerts a subscriber wants."""

from typing import Any

import pytest

from incidents.alert_filter import AlertFilter
from tests.incidents.exports.cases import case

ALERT = case(unit_path=["grid-7", "street-2"], severity=3, road_name="Fuxing Road 复兴中路")


@pytest.mark.parametrize(
    ("wanted", "lets"),
    [
        ({}, True),
        ({"kinds": ["incident"]}, True),
        ({"kinds": ["hotspot"]}, False),
        ({"causes": ["signal", "incident"]}, True),
        ({"causes": ["signal"]}, False),
        ({"severity": 3}, True),
        ({"severity": 4}, False),
        ({"states": ["open"]}, True),
        ({"states": ["closed"]}, False),
        ({"units": ["street-2"]}, True),
        ({"units": ["squadron-3"]}, True),  # its owner
        ({"units": ["grid-8"]}, False),
        ({"roads": ["复兴"]}, True),
        ({"roads": ["fuxing road"]}, True),
        ({"roads": ["Zhongshan"]}, False),
        ({"area": [121.4, 31.2, 121.5, 31.3]}, True),
        ({"area": [121.5, 31.2, 121.6, 31.3]}, False),
        ({"kinds": ["incident"], "severity": 4}, False),
    ],
)
def test_every_field_that_is_set_must_fit(wanted: dict[str, Any], lets: bool) -> None:
    assert AlertFilter(**wanted).lets(ALERT) is lets


def test_an_area_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="expected west, south, east, north"):
        AlertFilter(area=[31.2, 121.4, 31.3, 121.5])
