"""A recording matched whole: every fix answered in the recording's order, and the roads driven."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingest.checks.cleaning_settings import CleaningSettings
from ingest.checks.fixes import check_fixes
from ingest.checks.traces import FixCleaner
from mapmatch.fix_bounds import fix_bounds
from mapmatch.matcher import OnlineMatcher
from mapmatch.matcher_settings import RECORDED, MatcherSettings
from mapmatch.network import Network
from mapmatch.paths import PathTable
from mapmatch.records import MATCHED, TRAVERSALS, BusLinePlacement, MatchOutput

FRAME_ROWS = 5_000
"""Fixes of a frame. Unit: count. Source: chosen, the most that a frame on a topic has."""
_ANSWERS = ("segment_id", "offset_m", "longitude", "latitude", "reason")


@dataclass(frozen=True)
class CleanRecording:
    """A recording's usable fixes in time order, with their `row` in it, and why others are not."""

    frames: list[pa.RecordBatch]
    refused_rows: npt.NDArray[np.int64]
    refused_reasons: list[str]


@dataclass(frozen=True)
class MatchedRecording:
    """What became of a recording.

    `matched` has one row a fix in the recording's order (vehicle_id, event_time, segment_id,
    offset_m, longitude, latitude, reason), nulls and a reason where it was not matched, and the
    reason `ambiguous` where it may be on a road above or below; `traversals` one row a segment
    crossed, in the order driven.
    """

    matched: pa.Table
    traversals: pa.Table

    def counts(self) -> dict[str, int]:
        """Give how many fixes were matched, and how many not by reason, most first."""
        is_matched = self.matched["segment_id"].is_valid()
        counts = {"matched": pc.sum(is_matched).as_py() or 0}
        found = pc.value_counts(self.matched["reason"].filter(pc.invert(is_matched))).to_pylist()
        for pair in sorted(found, key=lambda p: (-p["counts"], p["values"])):
            counts[pair["values"]] = pair["counts"]
        return counts


def match_recorded(
    fixes: pa.Table,
    network: Network,
    paths: PathTable | None = None,
    settings: MatcherSettings | None = None,
    cleaning: CleaningSettings | None = None,
    bus_lines: BusLinePlacement | None = None,
) -> MatchedRecording:
    """Match all fixes (FIXES; any order, a vehicle's equal times in theirs) of a recording."""
    clean = cleaned(fixes, network, cleaning)
    matcher = OnlineMatcher(network, paths, settings or RECORDED, bus_lines)
    return answered(fixes, clean, list(matched_frames(matcher, clean.frames)))


def cleaned(
    fixes: pa.Table, network: Network, settings: CleaningSettings | None = None
) -> CleanRecording:
    """Give the fixes that can be true, cut into frames in time order."""
    numbered = fixes.append_column("row", pa.array(np.arange(fixes.num_rows), pa.int64()))
    in_order = numbered.take(pc.sort_indices(fixes["event_time"])).combine_chunks()
    bounds, cleaner = fix_bounds(network), FixCleaner(settings)
    frames: list[pa.RecordBatch] = []
    rows: list[npt.NDArray] = [np.zeros(0, np.int64)]
    reasons: list[str] = []
    for batch in in_order.to_batches(max_chunksize=FRAME_ROWS):
        checked = check_fixes(batch, bounds)
        refusals = [r for r in checked.refusals if r.position is not None]
        rows.append(batch["row"].to_numpy()[[r.position for r in refusals]])
        reasons += [r.reason.value for r in refusals]
        clean = cleaner.clean(checked.batch)
        is_refused = clean.reasons.is_valid()
        rows.append(checked.batch["row"].filter(is_refused).to_numpy())
        reasons += clean.reasons.drop_null().to_pylist()
        frames.append(clean.batch)
    return CleanRecording(frames, np.concatenate(rows), reasons)


def matched_frames(matcher: OnlineMatcher, frames: list[pa.RecordBatch]) -> Iterator[MatchOutput]:
    """Give what the matcher settles frame by frame; event time is that of the newest fix."""
    for frame in frames:
        if frame.num_rows:
            yield matcher.match(frame, frame["event_time"][-1].value / 1000.0)
    yield matcher.finish()


def answered(
    fixes: pa.Table, clean: CleanRecording, outputs: list[MatchOutput]
) -> MatchedRecording:
    """Put the answers into the recording's order, a refusal where there is none."""
    matched = pa.Table.from_batches([o.matched for o in outputs], MATCHED)
    place = np.full(fixes.num_rows, -1, np.int64)
    place[matched["row"].to_numpy()] = np.arange(matched.num_rows)
    answers = matched.select(_ANSWERS).take(pa.array(place, mask=place < 0))
    refused = np.full(fixes.num_rows, None, object)
    refused[clean.refused_rows] = clean.refused_reasons
    reasons = pc.coalesce(answers["reason"], pa.chunked_array([pa.array(refused, pa.string())]))
    columns = {
        "vehicle_id": fixes["vehicle_id"],
        "event_time": fixes["event_time"],
        **{name: answers[name] for name in _ANSWERS[:-1]},
        "reason": reasons,
    }
    traversals = pa.Table.from_batches([o.traversals for o in outputs], TRAVERSALS)
    return MatchedRecording(pa.table(columns), traversals)
