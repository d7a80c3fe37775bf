"""What drives beside cars: vans, trucks and buses of their lengths, in shares that change."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ingest.units import MINUTE_S

# Minutes since the beginning, and a value there; straight in between.
Course = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Make:
    """Vehicles of one length."""

    length_m: float
    share: float  # of its kind


@dataclass(frozen=True)
class Kind:
    """A kind of vehicle, in SUMO's words, and the makes it comes in."""

    name: str
    vehicle_class: str
    makes: tuple[Make, ...]
    driving: str
    is_probe: bool = False

    def xml(self) -> str:
        """Give SUMO's types of each make, and the choice among them where there are several."""
        fcd = '<param key="has.fcd.device" value="true"/>' if self.is_probe else ""
        many = len(self.makes) > 1
        rows = [
            f'<vType id="{name}" vClass="{self.vehicle_class}" length="{make.length_m}" '
            + (f'probability="{make.share}" ' if many else "")
            + f"{self.driving}>{fcd}</vType>"
            for name, make in zip(self.type_names(), self.makes, strict=True)
        ]
        inner = "".join(f" {row}\n" for row in rows)
        if many:
            return f' <vTypeDistribution id="{self.name}">\n{inner} </vTypeDistribution>\n'
        return inner

    def type_names(self) -> list[str]:
        """Give the names of its makes, as the truth must name them."""
        if len(self.makes) == 1:
            return [self.name]
        return [f"{self.name}{number}" for number in range(len(self.makes))]


# Drivers keep 0.85 to 1.15 of the limit. Headways and imperfection are chosen so that a lane at a
# merge carries 1,900 to 2,300 vehicles an hour and jams move in waves.
DRIVER = 'speedFactor="normc(1.0,0.08,0.85,1.15)" sigma="0.4" tau="1.1" lcKeepRight="0.2"'
HEAVY = 'speedFactor="normc(0.95,0.06,0.8,1.1)" sigma="0.4" tau="1.3" lcKeepRight="1"'
CAR = Kind("car", "passenger", (Make(4.0, 0.25), Make(4.6, 0.45), Make(5.1, 0.3)), DRIVER)
VAN = Kind("van", "passenger", (Make(5.6, 0.6), Make(6.8, 0.4)), DRIVER)
TRUCK = Kind(
    "truck", "truck", (Make(8.0, 0.3), Make(10.5, 0.25), Make(12.0, 0.2), Make(16.0, 0.25)),
    f'{HEAVY} maxSpeed="25" accel="1.0" decel="4.0"',
)  # fmt: skip
TAXI = Kind("taxi", "taxi", (Make(4.6, 1.0),), DRIVER, is_probe=True)
BUS = Kind("bus", "bus", (Make(12.0, 1.0),), f'{HEAVY} maxSpeed="28"', is_probe=True)
MIXED = (CAR, VAN, TRUCK, TAXI, BUS)


@dataclass(frozen=True)
class Mix:
    """What share of the private vehicles is trucks and vans, over the morning."""

    truck_share: Course
    van_share: float = 0.08

    def kinds(
        self, seconds: npt.NDArray[np.float64], random: np.random.Generator
    ) -> npt.NDArray[np.str_]:
        """Draw the kind of each vehicle that departs at these seconds."""
        truck = value_at(self.truck_share, seconds)
        drawn = random.random(len(seconds))
        is_van = drawn < truck + (1.0 - truck) * self.van_share
        return np.where(drawn < truck, "truck", np.where(is_van, "van", "car"))


def value_at(course: Course, seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Give a course's values at these seconds; before its first and after its last, those."""
    minutes, values = np.array(course).T
    return np.interp(seconds / MINUTE_S, minutes, values)


def departures(
    per_hour: Course, duration_s: float, random: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Draw when vehicles depart of a flow that changes: as many as its mean, each on its own."""
    ends = np.arange(0.0, duration_s + 1.0)
    flow = value_at(per_hour, ends) / 3600.0
    passed = np.concatenate([[0.0], np.cumsum((flow[1:] + flow[:-1]) / 2.0)])
    count = round(passed[-1])
    return np.sort(np.interp(random.uniform(0.0, passed[-1], count), passed, ends))
