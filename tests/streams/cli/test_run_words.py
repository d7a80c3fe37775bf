"""What a run says at its end."""

from zoneinfo import ZoneInfo

from congestion.indices import AreaIndices
from streams.cli.run import alerts_of, city_line
from streams.recorded.run import CityIndices

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_the_worst_minute_is_said_in_the_citys_time() -> None:
    worst = AreaIndices("city", 9, 20.4, 1.5, 0.1, 3.0, 4.0)
    assert city_line(CityIndices(0.0, worst, worst), SHANGHAI) == (
        "city at its worst, 08:00: TTI 1.50, TPI 4.0 by travel time, 3.0 by congested length, "
        "20 km/h"
    )


def test_of_nothing_no_worst_is_said() -> None:
    assert city_line(None, SHANGHAI).startswith("nothing was observed")


def test_one_alert_is_one_and_none_are_none() -> None:
    assert alerts_of({"hotspot": 1, "incident": 2}, 4) == "1 hotspot, 2 incidents in 4 versions"
    assert alerts_of({"incident": 1}, 1) == "1 incident in 1 version"
    assert alerts_of({}, 0) == "none"
