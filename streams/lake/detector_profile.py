"""What a profile holds of detectors: built from a lake, saved, and summed up for people."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from congestion.detectors.settings.health import HealthSettings
from congestion.detectors.spot_relation import PRIOR_MINUTES, line_speeds, save_relation
from congestion.profile_build.detector_days import detector_days, save_detector_days
from congestion.profile_build.detector_lines import DetectorLines, build_detector_lines
from congestion.profile_build.stored_states import UnusableRows, detectors_of
from congestion.profile_build.stored_traversals import readable_traversals
from congestion.roadside import place_roadside
from ingest.recorded.assets import Assets
from ingest.units import KMH
from mapmatch.network import ROAD_CLASSES, Network

# Spot speeds (km/h) and occupancies at which a line is shown to people.
SHOWN = ((60.0, 0.02), (40.0, 0.05), (20.0, 0.15))


@dataclass(frozen=True)
class DetectorProfile:
    """Rows of DETECTOR_DAYS, the detectors' lines, and what of the lake could not be used."""

    days: pa.Table
    lines: DetectorLines
    unusable: list[UnusableRows]

    def save(self, folder: Path, assets: Assets) -> None:
        """Write detector_days.parquet and detectors.parquet."""
        save_detector_days(self.days, assets, folder / "detector_days.parquet")
        save_relation(self.lines.relation, folder)

    def report(self) -> dict[str, Any]:
        """Give it in short, for a program."""
        verdicts = Counter(verdict or "believed" for verdict in self.days["verdict"].to_pylist())
        return {
            "detector_days": dict(verdicts),
            "detectors_with_a_line": self.own_lines(),
            "lines": self.class_lines(),
        }

    def own_lines(self) -> int:
        """Give how many detectors' lines are more their own than their class's."""
        return int((self.lines.relation.lines.minutes >= PRIOR_MINUTES).sum())

    def class_lines(self) -> list[dict[str, Any]]:
        """Give what a spot speed says of the segment, a row a road class without and with signal.

        `segment_kmh` are the segment's speeds at SHOWN.
        """
        lines = self.lines.of_class
        spot, occupancy = (np.array(of) for of in zip(*SHOWN, strict=True))
        rows = []
        for kind in np.flatnonzero(lines.minutes > 0).tolist():
            terms = np.tile(lines.terms[kind], (len(SHOWN), 1))
            speed = line_speeds(terms, spot / KMH, occupancy)
            rows.append(
                {
                    "road_class": ROAD_CLASSES[kind // 2],
                    "ends_at_signal": bool(kind % 2),
                    "minutes": int(lines.minutes[kind]),
                    "segment_kmh": [round(float(v), 1) for v in speed * KMH],
                    "spread": round(float(lines.spread[kind]), 2),
                }
            )
        return rows


def build_detectors(
    states: Sequence[Path],
    traversals: Sequence[Path],
    network: Network,
    assets: Assets,
    timezone: str,
    health: HealthSettings,
) -> DetectorProfile:
    """Build what a profile holds of detectors from files of states and traversals."""
    detectors = detectors_of(network, place_roadside(network, assets))
    days = detector_days(states, detectors, assets, timezone, health)
    driven, unusable = readable_traversals(traversals, network)
    lines = build_detector_lines(states, driven, days.rows, detectors, network, timezone)
    return DetectorProfile(days.rows, lines, days.unusable + unusable)
