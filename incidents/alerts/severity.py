"""How grave an alert is: the grade of its impact, which rises at once and falls when it is sure."""

from pathlib import Path

import msgspec

from incidents.alert_settings import SeveritySettings
from incidents.alerts.tracked_alert import TrackedAlert

SHIPPED = Path(__file__).parents[1] / "shipped" / "severity.toml"
LEAST_OF_INCIDENT = 2
"""An incident is never slighter. Unit: none. Source: chosen, someone has to go there."""


class SeverityModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The impacts from which an alert is of severity 2, 3 and 4, and how they were learnt."""

    learnt_from: str
    learnt_how: str
    from_2: float
    from_3: float
    from_4: float

    def grade(self, impact: float, factor: float = 1.0) -> int:
        """Give 1 to 4, the bounds taken times a factor."""
        return 1 + sum(impact >= factor * b for b in (self.from_2, self.from_3, self.from_4))


def read_severity_model(path: Path = SHIPPED) -> SeverityModel:
    """Give the shipped model. Raises ValueError where the file is no such model."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=SeverityModel)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path}: no model of severities: {error}") from error


def set_severity(
    alert: TrackedAlert, impact_now: float, model: SeverityModel, settings: SeveritySettings
) -> None:
    """Carry an alert's impact and severity on by a minute in which its impact was such.

    The severity rises at once. It falls, to the highest grade of the time, after the impact was
    well under the grade's bound for some minutes in a row. An incident is never below 2.
    """
    before = impact_now if alert.impact is None else alert.impact
    alert.impact = impact = impact_now + (before - impact_now) * 0.5 ** (1 / settings.usual_minutes)
    least = LEAST_OF_INCIDENT if alert.kind == "incident" else 1
    now = max(model.grade(impact), least)
    held = max(model.grade(impact, settings.fall_share), least, now)
    if held >= alert.severity:
        alert.severity = max(now, alert.severity)
        alert.slighter_minutes, alert.slighter_grade = 0, 1
        return
    alert.slighter_minutes += 1
    alert.slighter_grade = max(alert.slighter_grade, held)
    if alert.slighter_minutes >= settings.fall_minutes:
        alert.severity = alert.slighter_grade
        alert.slighter_minutes, alert.slighter_grade = 0, 1
