"""A source to an artefact folder."""

from pathlib import Path

import geopandas
import numpy as np
import pytest

from mapmatch.building import build
from mapmatch.building.build import artefact_for, build_network, network_for
from mapmatch.network import NetworkError
from mapmatch.paths import load_path_table
from tests.mapmatch.sources.written import LINKS, changed, write_gmns, write_osm


def test_a_build_leaves_the_network_its_paths_and_its_table_in_one_folder(tmp_path: Path):
    network, report = build_network(write_gmns(tmp_path / "src"), tmp_path / "net")
    assert network.segment_ids == ["1", "2", "3"]
    load_path_table(tmp_path / "net")
    table = geopandas.read_parquet(tmp_path / "net" / "segments.parquet")
    assert table["segment_id"].tolist() == network.segment_ids
    assert table["free_speed_kmh"].tolist() == [60.0, 60.0, 60.0]
    assert table.crs == "EPSG:4326"
    assert table.geometry[1].coords[0] == pytest.approx((121.48, 31.23))
    assert report.segment_count == 3
    assert report.path_table


def test_the_report_says_sizes_drops_and_assumptions(tmp_path: Path):
    links = changed(LINKS, 1, allowed_uses="walk")
    links = changed(links, 0, free_speed="", facility_type="lane", lanes="0")
    _, report = build_network(write_gmns(tmp_path / "src", links=links), tmp_path / "net")
    text = "\n".join(report.lines())
    assert text.startswith("tiny: 2 segments, 2.1 km, 3 nodes, 1 regions")
    assert "dropped 1 links: closed to cars and buses (first: link.csv line 3)" in text
    assert "1 links of facility_type 'lane' taken as unclassified" in text
    assert "no speed limit on 1 segments (50%)" in text
    assert "no count of lanes on 1 segments (50%)" in text
    assert "every turn is permitted" in text


def test_a_source_is_built_once_into_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    source, cache = write_gmns(tmp_path / "src"), tmp_path / "cache"
    folder = artefact_for(source, cache)
    monkeypatch.setattr(build, "read_roads", None)
    assert artefact_for(source, cache) == folder
    assert network_for(source, cache).segment_count == 3
    assert [p.name for p in cache.iterdir()] == [folder.name], "nothing half built is left"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError("9 requested and 4 written"), "not all of it could be written (9 requested"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
)
def test_a_disk_without_room_names_the_folder_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, said: str
):
    def full(*_: object, **__: object) -> None:
        raise error

    source = write_gmns(tmp_path / "src")
    monkeypatch.setattr("mapmatch.network.np.save", full)
    with pytest.raises(OSError) as raised:
        build_network(source, tmp_path / "nets" / "net")
    assert raised.value.filename == str(tmp_path / "nets" / "net")
    assert said in str(raised.value)
    assert not any((tmp_path / "nets").iterdir())


def test_a_changed_source_or_builder_is_built_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    source, cache = write_gmns(tmp_path / "src"), tmp_path / "cache"
    first = artefact_for(source, cache)
    write_gmns(source, links=changed(LINKS, 0, lanes=3))
    second = artefact_for(source, cache)
    monkeypatch.setattr(build, "BUILDER_VERSION", 999)
    third = artefact_for(source, cache)
    assert len({first, second, third}) == 3
    assert network_for(second, cache).lanes[0] == 3


def test_an_artefact_stands_for_itself(tmp_path: Path):
    build_network(write_gmns(tmp_path / "src"), tmp_path / "net")
    assert artefact_for(tmp_path / "net", tmp_path / "cache") == tmp_path / "net"
    assert not (tmp_path / "cache").exists()


def test_a_failed_build_leaves_the_old_artefact_and_no_other_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    source = write_gmns(tmp_path / "src")
    build_network(source, tmp_path / "net")
    monkeypatch.setattr(build, "write_segments", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        build_network(source, tmp_path / "net")
    assert network_for(tmp_path / "net", tmp_path).segment_count == 3
    assert sorted(p.name for p in tmp_path.iterdir()) == ["net", "src"]


def test_a_second_build_replaces_the_first(tmp_path: Path):
    build_network(write_gmns(tmp_path / "src"), tmp_path / "net")
    ways = {10: ([1, 2], {"highway": "primary", "oneway": "yes"})}
    path = write_osm(tmp_path / "b.osm", {1: (0.0, 0.0), 2: (90.0, 0.0)}, ways)
    network, _ = build_network(path, tmp_path / "net")
    assert network.segment_ids == ["10:1-2"]


def test_a_folder_with_something_else_in_it_is_never_touched(tmp_path: Path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(NetworkError, match="holds something else"):
        build_network(write_gmns(tmp_path / "src"), tmp_path / "mine")
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


def test_regions_are_as_many_as_asked_for(tmp_path: Path):
    network, report = build_network(write_gmns(tmp_path / "src"), tmp_path / "net", region_count=2)
    assert report.region_count == 2
    assert sorted(np.bincount(network.region).tolist()) == [1, 2]
    with pytest.raises(ValueError, match="region_count 0"):
        build_network(tmp_path / "src", tmp_path / "other", region_count=0)


@pytest.mark.parametrize("name", ["nothing", "empty", "letter.txt"])
def test_a_path_that_is_no_network_is_refused_with_what_would_be_one(tmp_path: Path, name: str):
    (tmp_path / "empty").mkdir()
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(NetworkError, match=rf"{name}: no .*expected a"):
        network_for(tmp_path / name, tmp_path / "cache")
