"""Tables of what a profile holds of detectors."""

from rich.table import Table

from streams.cli.terminal import Screen
from streams.lake.detector_profile import SHOWN, DetectorProfile


def print_detectors(made: DetectorProfile) -> None:
    """Print the days' verdicts and the classes' lines."""
    screen = Screen(highlight=False, markup=False, soft_wrap=True)
    screen.print(_days(made))
    screen.print(f"detectors with a line of their own: {made.own_lines():,}")
    screen.print(_lines(made))


def _days(made: DetectorProfile) -> Table:
    """Give a line a day and verdict: how many detectors, for how long, and the worst one."""
    table = Table("date", "detectors", "verdict", "minutes", "the worst", "why", box=None)
    for (date, verdict), mine in made.days.to_pandas().groupby(["date", "verdict"]):
        worst = mine.loc[mine.unbelieved_minutes.idxmax()]
        table.add_row(
            date, f"{len(mine):,}", verdict or "believed",
            f"{mine.unbelieved_minutes.median():.0f}" if verdict else "",
            worst.detector_id if verdict else "", worst.reason,
        )  # fmt: skip
    return table


def _lines(made: DetectorProfile) -> Table:
    heads = [f"{kmh:g} km/h at {share:.0%}" for kmh, share in SHOWN]
    table = Table("segment speed by spot speed", "minutes", *heads, "spread", box=None)
    for row in made.class_lines():
        name = row["road_class"] + (", signal" if row["ends_at_signal"] else "")
        speeds = [f"{kmh:.0f}" for kmh in row["segment_kmh"]]
        table.add_row(name, f"{row['minutes']:,}", *speeds, f"{row['spread']:.0%}")
    return table
