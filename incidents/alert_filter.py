"""Which alerts a subscriber wants: by kind, cause, severity, state, unit, road and area."""

from typing import Annotated

import msgspec
from msgspec import Meta

from incidents.records import Alert, Cause, Kind, State

Degrees = Annotated[list[float], Meta(min_length=4, max_length=4)]


class AlertFilter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Each field that is set must fit; none set lets everything through."""

    kinds: list[Kind] = []
    causes: list[Cause] = []
    severity: int = 1
    states: list[State] = []
    units: list[str] = []
    roads: list[str] = []
    area: Degrees | None = None

    def __post_init__(self) -> None:
        if self.area is not None:
            west, south, east, north = self.area
            if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
                raise ValueError(
                    f"area {self.area}, expected west, south, east, north in degrees WGS-84"
                )

    def lets(self, alert: Alert) -> bool:
        """Tell whether an alert is wanted.

        A unit has what lies in it and what was given to it; a road is named whole or in part, as
        it is written or in the other case.
        """
        return (
            (not self.kinds or alert.kind in self.kinds)
            and (not self.causes or alert.cause in self.causes)
            and alert.severity >= self.severity
            and (not self.states or alert.state in self.states)
            and (not self.units or not {*alert.unit_path, alert.owner}.isdisjoint(self.units))
            and (not self.roads or any(_is_in(road, alert.road_name) for road in self.roads))
            and (self.area is None or _lies_in(alert, self.area))
        )


def _is_in(part: str, name: str) -> bool:
    return part.casefold() in name.casefold()


def _lies_in(alert: Alert, area: list[float]) -> bool:
    west, south, east, north = area
    return west <= alert.longitude <= east and south <= alert.latitude <= north
