"""Ids are whatever the city calls its things: no character of them may change what comes out."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from ingest.recorded.assets import Assets
from ingest.recorded.feed import Feed
from streams.chain import open_chain
from streams.lake.reading import incident_days
from streams.recorded.run import run_feed
from streams.settings import load_settings

ODD = "SH/0#%\"',;|é\u2028 "
"""Put before every id: it keeps their order and holds what separates things elsewhere."""


def with_odd_ids(table: pa.Table, *columns: str) -> pa.Table:
    """Give a table with every id of some columns odd; null ones stay null."""
    for name in columns:
        odd = pc.binary_join_element_wise(pa.scalar(ODD), table[name].cast(pa.string()), "")
        table = table.set_column(table.column_names.index(name), name, odd)
    return table


def odd_network(source: Path, folder: Path) -> Path:
    """Write a network of the same roads with odd ids of nodes and links."""
    folder.mkdir()
    for path in source.iterdir():
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        for name in rows.columns:
            if name in ("node_id", "link_id") or name.endswith(("_node_id", "_link_id")):
                rows[name] = ODD + rows[name]
        rows.to_csv(folder / path.name, index=False)
    return folder


def odd_assets(assets: Assets) -> Assets:
    """Give the same roadside with odd ids."""

    def renamed(things: Any, *names: str) -> Any:
        return tuple(
            msgspec.structs.replace(thing, **{name: ODD + getattr(thing, name) for name in names})
            for thing in things
        )

    return Assets(
        renamed(assets.detectors, "detector_id"),
        renamed(assets.cameras, "camera_id", "approach_id"),
        renamed(assets.bus_stops, "stop_id"),
        assets.bus_lines,
    )


@pytest.fixture(scope="module")
def runs(few_minutes: Feed, network_cache: Path, tmp_path_factory) -> tuple[Path, Path]:
    """Give the folders of a run and of one in which every id is odd."""
    folder = tmp_path_factory.mktemp("ids")
    assert few_minutes.manifest.network and few_minutes.fixes and few_minutes.readings
    odd = replace(
        few_minutes,
        assets=odd_assets(few_minutes.assets),
        fixes=with_odd_ids(few_minutes.fixes, "vehicle_id"),
        readings=with_odd_ids(few_minutes.readings, "detector_id"),
        camera_events=with_odd_ids(few_minutes.camera_events, "camera_id", "approach_id"),
    )
    networks = {
        "plain": few_minutes.manifest.network,
        "odd": odd_network(few_minutes.manifest.network, folder / "shanghai-core"),
    }
    settings = load_settings(environment={}, overrides={"topics": {"partitions": 1}})
    for name, feed in (("plain", few_minutes), ("odd", odd)):
        chain = open_chain(networks[name], network_cache, feed.assets, settings)
        run_feed(feed, chain, folder / name, settings)
    return folder / "plain", folder / "odd"


@pytest.mark.parametrize("file", ["matched", "traversals", "segment_states"])
def test_a_run_gives_the_same_rows_whatever_the_ids(runs: tuple[Path, Path], file: str) -> None:
    plain, odd = (pq.read_table(run / f"{file}.parquet") for run in runs)
    ids = [name for name in plain.column_names if name.endswith("_id")]
    assert plain.num_rows
    assert with_odd_ids(plain, *ids).equals(odd)


def test_path_times_name_the_same_approaches_whatever_the_ids(runs: tuple[Path, Path]) -> None:
    plain, odd = (pq.read_table(run / "path_times.parquet") for run in runs)
    assert plain.num_rows
    others = [name for name in plain.column_names if name.endswith("_s") or name == "length_m"]
    assert plain.select(others).equals(odd.select(others))
    for name in ("from_approach", "to_approach"):
        cameras = [value.partition("/")[0] for value in odd[name].to_pylist()]
        camera_id = ODD.replace("%", "%25").replace("/", "%2F")
        assert cameras == [camera_id + value.partition("/")[0] for value in plain[name].to_pylist()]


def test_alerts_are_the_same_whatever_the_ids(runs: tuple[Path, Path]) -> None:
    plain, odd = ((run / "alerts.jsonl").read_text(encoding="utf-8").split("\n") for run in runs)
    assert len(plain) > 1
    assert len(plain) == len(odd)
    for before, after in zip(plain[:-1], odd[:-1], strict=True):
        one, other = msgspec.json.decode(before), msgspec.json.decode(after)
        assert other["cameras"] == [ODD + name for name in one["cameras"]]
        assert other["segment_id"] == ODD + one["segment_id"]
        assert other["delay_veh_h"] == one["delay_veh_h"]
        assert other["queue_segment_ids"] == [ODD + name for name in one["queue_segment_ids"]]
    assert incident_days([runs[1]], "UTC") == [
        (ODD + segment, day) for segment, day in incident_days([runs[0]], "UTC")
    ]
