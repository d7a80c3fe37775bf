"""What of a checked feed needs attention before a run, each in one sentence."""

from collections.abc import Iterator, Mapping

from ingest.checks.readings import MEASURED
from ingest.recorded.feed import Manifest
from ingest.refusals import Reason
from streams.feed_check.places import APPROACHES, DETECTORS
from streams.feed_check.records import (
    Box,
    Disbelieved,
    FieldCheck,
    Finding,
    PlacedCheck,
    SourceCheck,
)
from streams.feed_check.rehearsal import CAMERAS, EVENTS, READINGS
from streams.feed_check.sources import offset_h
from streams.recorded.ignored import MUCH_IGNORED

_LEAST_PLACED = 0.9
"""A kind with less of it on the network is named. Unit: share. Source: chosen; a tenth of a city's
list may stand outside the part that is looked at."""
_BETTER_DATUM = 0.1
"""Another datum is told where so much more of the positions are near a road. Unit: share. Source:
chosen; on a dense grid half of all places are near some road."""
_OUTSIDE_SPAN = 0.1
"""A source with more rows outside start and end is named. Unit: share. Source: chosen."""
_MOST_STEP_M = 20.0
"""Positions rounded more coarsely are named. Unit: m. Source: chosen, half of that is what a fix is
off in a street."""
_MOST_SET_ASIDE = 0.9
"""A field is named where more of its values say "none" or cannot be. Unit: share. Source: chosen;
an empty street has no speed in most minutes."""

_SILENT = "no_data"
_MANY_FAULTS, _FEW_FAULTS = 0.01, 3
"""A fault that more detectors have than this share of those that send, and than so many, is named.
Unit: share, count. Source: chosen; of the labelled recordings no fault but silence is on so many.
"""

Boxes = tuple[Box | None, Box | None]
"""Where the feed lies, and where the network."""


def of_source(source: SourceCheck, manifest: Manifest, boxes: Boxes
) -> Iterator[Finding]:  # fmt: skip
    """Give what needs attention of one source."""
    name = source.source
    if not source.rate.row_count:
        yield Finding(name, f"{source.file} holds no rows")
        return
    if source.hours_ahead:
        yield Finding(name, _clock(source.hours_ahead, manifest))
    elif source.outside_span > _OUTSIDE_SPAN * source.rate.row_count:
        share = source.outside_span / source.rate.row_count
        yield Finding(name, f"{share:.0%} of the rows lie outside the start and end of feed.toml")
    if source.lost_offs:
        text = f"{source.lost_offs:,} of {source.rate.device_count:,} lose the other half of most"
        yield Finding(name, f"{text} events: they count, and have no occupancy")
    yield from _of_fixes(source)
    for field in source.fields:
        if field.fits is not None and field.fits != field.unit:
            yield Finding(name, _unit(field))
        if field.likely_none is not None:
            text = f"{field.field} is often {field.likely_none:g}, far above all others"
            yield Finding(name, f'{text}: looks like "none", a run takes it for a number')
        if field.constant is not None and field.field in MEASURED:
            text = f"{field.field} is always {field.constant:g}: leave out what is not measured"
            yield Finding(name, text)
    for column, count in source.set_aside.items():
        if count > _MOST_SET_ASIDE * source.rate.row_count:
            share = count / source.rate.row_count
            yield Finding(name, f'{column} says "none" or cannot be in {share:.0%} of the rows')
    if is_much_ignored(source):
        yield Finding(name, _ignored(source, boxes))


def _of_fixes(source: SourceCheck) -> Iterator[Finding]:
    if source.position_step_m > _MOST_STEP_M:
        text = f"longitude and latitude are rounded to about {source.position_step_m:.0f} m"
        yield Finding(source.source, f"{text}, expected 5 decimals: streets cannot be told apart")
    if source.shared_ids:
        text = f"{len(source.shared_ids):,} of {source.rate.device_count:,} ids leap to and fro"
        yield Finding(
            source.source,
            f"{text} (the first is {source.shared_ids[0]}): more than one vehicle sends under each",
        )


def is_much_ignored(source: SourceCheck) -> bool:
    """Tell whether a run ignores so much of a source that a person must know."""
    return source.ignored_share > MUCH_IGNORED


def explains_silence(source: SourceCheck) -> bool:
    """Tell whether what is wrong with a source's own rows explains that devices send nothing."""
    return not source.rate.row_count or is_much_ignored(source)


def of_placed(placed: PlacedCheck, datum: str, boxes: Boxes
) -> Iterator[Finding]:  # fmt: skip
    """Give what needs attention of where one kind is."""
    near = placed.near_road
    best = max(near, key=lambda name: near[name]) if near else datum
    if near and near[best] - near[datum] > _BETTER_DATUM:
        yield Finding(
            placed.kind,
            f"positions fit {best} ({near[best]:.0%} within 30 m of a road) better than {datum} "
            f"({near[datum]:.0%}), which feed.toml says: set datum",
        )
    if placed.count and placed.placed_share < _LEAST_PLACED:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in placed.reasons.items())
        text = f"{placed.placed_share:.0%} of {placed.count:,} are on the network; {reasons}"
        outside = placed.reasons.get(Reason.OUTSIDE_NETWORK.value, 0)
        is_mostly = 2 * outside > placed.count
        yield Finding(placed.kind, f"{text}; {where(boxes)}" if is_mostly else text)


def of_roadside(
    sources: list[SourceCheck], placed: list[PlacedCheck], sending: Mapping[str, int]
) -> Iterator[Finding]:
    """Give what lacks its other half: rows without a list, a list without rows.

    `sending` says of how many of each kind a run uses rows.
    """
    by_kind = {one.kind: one for one in placed}
    names = {one.source: one for one in sources}
    for kind, needed, file in (
        (DETECTORS, (READINGS, EVENTS), "detectors.csv"),
        (APPROACHES, (CAMERAS,), "cameras.csv"),
    ):
        files = [name for name in needed if name in names]
        if files and kind not in by_kind:
            yield Finding(files[0], f"there is no {file} that says where they stand")
        if kind in by_kind and not any(explains_silence(names[name]) for name in files):
            silent = by_kind[kind].placed_count - sending[kind]
            if silent > MUCH_IGNORED * by_kind[kind].placed_count:
                text = f"{silent:,} of {by_kind[kind].placed_count:,} send no row that a run uses"
                yield Finding(kind, text)


def of_faults(
    faults: list[Disbelieved], withdrawn: Mapping[str, int], sending_count: int
) -> Iterator[Finding]:
    """Give the faults that many detectors have, and the tests that accuse too many to be right."""
    most = max(_MANY_FAULTS * sending_count, _FEW_FAULTS)
    for one in faults:
        if one.fault != _SILENT and one.detector_count > most:
            text = f"{one.detector_count:,} of {sending_count:,} that send have the fault"
            example = f"{one.example_id}: {one.evidence}"
            yield Finding(DETECTORS, f"{text} {one.fault}, as {example}")
    for test, count in withdrawn.items():
        text = f"the test {test} accuses {count:,} at once, which faults do not: it withdraws"
        yield Finding(DETECTORS, text)


def _clock(hours: float, manifest: Manifest) -> str:
    way = "ahead" if hours > 0 else "behind"
    zone_h = offset_h(manifest)
    text = f"its clock is {abs(hours):g} h {way}"
    if abs(hours) == abs(zone_h):
        return f"{text}, the offset of {manifest.timezone}: local time taken for UTC, or back"
    return f"{text}: another zone's time, or UTC taken for it"


def _unit(field: FieldCheck) -> str:
    spread = field.spread
    values = "" if spread is None else f" (median {spread.median:.3g}, high {spread.high:.3g})"
    return f"{field.field}{values} looks like {field.fits}, expected {field.unit}"


def _ignored(source: SourceCheck, boxes: Boxes) -> str:
    first = source.ignored[0]
    text = (
        f"a run ignores {source.ignored_share:.0%} of {source.rate.row_count:,} rows, "
        f"{first.row_count:,} as {first.reason}"
    )
    if first.reason == Reason.OUTSIDE_NETWORK.value and all(boxes):
        return f"{text}; {where(boxes)}"
    return text if first.example is None else f"{text}: {first.example}"


def are_apart(boxes: Boxes) -> bool:
    """Tell whether feed and network share no place."""
    feed, network = boxes
    return feed is not None and network is not None and not feed.touches(network)


def where(boxes: Boxes) -> str:
    """Say where the feed lies, and where the network."""
    return f"the feed lies at {boxes[0]}, the network at {boxes[1]}"
