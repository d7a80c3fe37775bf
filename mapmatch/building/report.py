"""What a network build made, and what it dropped and why."""

import msgspec

from mapmatch.sources.roads import Drop


class BuildReport(msgspec.Struct, frozen=True):
    """The size of a built network and what its source held beside it."""

    name: str
    segment_count: int
    node_count: int
    length_km: float
    region_count: int
    movement_count: int
    signal_count: int
    bus_only_count: int
    drops: tuple[Drop, ...]
    notes: tuple[str, ...]
    """What was assumed where the source was silent."""
    path_table: str = ""
    """Its size, in a line."""

    def lines(self) -> list[str]:
        """Give the report as lines for a person."""
        size = (
            f"{self.name}: {self.segment_count:,} segments, {self.length_km:,.1f} km, "
            f"{self.node_count:,} nodes, {self.region_count:,} regions"
        )
        detail = (
            f"{self.movement_count:,} permitted turns, {self.signal_count:,} nodes with signals, "
            f"{self.bus_only_count:,} segments for buses only"
        )
        drops = [
            f"dropped {drop.count:,} {drop.what}: {drop.reason} (first: {drop.example})"
            for drop in self.drops
        ]
        paths = [self.path_table] if self.path_table else []
        notes = [f"note: {note}" for note in self.notes]
        return [size, detail, *paths, *(drops or ["dropped nothing"]), *notes]
