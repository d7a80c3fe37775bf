"""How grave an alert is, and when that changes."""

from pathlib import Path

import pytest

from incidents.alert_settings import SeveritySettings
from incidents.alerts.severity import SeverityModel, read_severity_model, set_severity
from incidents.alerts.tracked_alert import TrackedAlert
from incidents.records import Kind

MODEL = SeverityModel("test", "by hand", 10.0, 100.0, 200.0)
# The impact of the minute itself counts, and a severity is kept down to 0.7 of its bound.
SETTINGS = SeveritySettings(usual_minutes=0.001, fall_share=0.7, fall_minutes=5)


def grades(*impacts: float, kind: Kind = "hotspot", settings: SeveritySettings = SETTINGS):
    alert = TrackedAlert("a", kind, 0, 0.0, 0.0, "demand", 0.5)
    found = []
    for impact in impacts:
        set_severity(alert, impact, MODEL, settings)
        found.append(alert.severity)
    return found


@pytest.mark.parametrize(
    ("impact", "severity"),
    [(0.0, 1), (9.9, 1), (10.0, 2), (99.9, 2), (100.0, 3), (199.9, 3), (200.0, 4), (9999.0, 4)],
)
def test_an_alert_begins_with_the_severity_of_its_impact(impact: float, severity: int) -> None:
    assert grades(impact) == [severity]
    assert grades(impact, kind="incident") == [max(severity, 2)]  # somebody has to go there


def test_it_becomes_graver_at_once() -> None:
    assert grades(5.0, 300.0) == [1, 4]


def test_an_impact_about_a_bound_does_not_make_it_flap() -> None:
    assert grades(199.0, *[201.0, 199.0] * 10) == [3] + [4] * 20


def test_it_becomes_slighter_after_five_minutes_well_under_its_bound() -> None:
    # 0.7 of 200 is 140: what is above that is not well under it.
    assert grades(250.0, *[141.0] * 20) == [4] * 21
    assert grades(250.0, *[139.0] * 6) == [4] * 5 + [3, 3]


def test_a_minute_above_the_bound_begins_the_five_anew() -> None:
    assert grades(250.0, *[50.0] * 4, 250.0, *[50.0] * 5) == [4] * 10 + [2]


def test_it_falls_to_the_gravest_of_the_five_minutes() -> None:
    assert grades(250.0, 5.0, 5.0, 110.0, 5.0, 5.0) == [4] * 5 + [3]


def test_one_minute_counts_half_where_the_impact_forgets_half_in_a_minute() -> None:
    smooth = SeveritySettings(usual_minutes=1.0)
    # 90 at first, then (90 + 120) / 2 = 105 and (105 + 296) / 2 = 200.5.
    assert grades(90.0, 120.0, 296.0, settings=smooth) == [2, 3, 4]


def test_the_model_that_ships_is_one_whose_bounds_rise() -> None:
    model = read_severity_model()
    assert 0.0 < model.from_2 < model.from_3 < model.from_4
    assert "severity.py" in model.learnt_how


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    file = tmp_path / "severity.toml"
    file.write_text('learnt_from = "x"\nlearnt_how = "y"\nfrom_2 = "many"\n')
    with pytest.raises(ValueError, match=r"severity\.toml: no model of severities: .*from_2"):
        read_severity_model(file)
