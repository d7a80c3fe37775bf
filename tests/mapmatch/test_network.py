"""The network's arrays on disk and in memory."""

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from mapmatch.network import Network, NetworkError, load_network, save_network
from tests.drawing import draw

ART = """
A---B---C
    |   |
    D---E
"""


def saved(folder: Path) -> Network:
    network = draw(ART, names={"AB": "东城路"}).network
    folder.mkdir(exist_ok=True)
    save_network(network, folder)
    return network


def test_what_is_saved_is_what_is_loaded(tmp_path: Path):
    network = saved(tmp_path / "net")
    loaded = load_network(tmp_path / "net")
    for item in fields(Network):
        if not item.init:
            continue
        one, other = getattr(network, item.name), getattr(loaded, item.name)
        if isinstance(one, np.ndarray):
            assert one.dtype == other.dtype, item.name
            assert np.array_equal(one, other), item.name
        else:
            assert one == other, item.name


def test_loaded_arrays_may_be_written_and_the_files_stay(tmp_path: Path):
    saved(tmp_path)
    loaded = load_network(tmp_path)
    for item in fields(Network):
        array = getattr(loaded, item.name)
        if isinstance(array, np.ndarray):
            assert type(array) is np.ndarray
            assert array.flags.writeable, item.name
            assert array.flags.c_contiguous, item.name
    loaded.length_m[:] = 0
    assert load_network(tmp_path).length_m.min() > 0


def test_an_id_finds_its_segment(tmp_path: Path):
    network = saved(tmp_path)
    assert network.segment_ids[network.index_of("CB") or 0] == "CB"
    assert network.index_of("XY") is None


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("network.json", None, "no built network"),
        ("network.json", b"{", "not JSON"),
        ("network.json", b"[]", "format None, expected 2"),
        ("network.json", b'{"format": 99}', "format 99, expected 2"),
        ("length_m.npy", None, "no readable array"),
        ("length_m.npy", b"\x93NUMPY", "no readable array"),
        ("segment_ids.txt", b"one", "1 strings, expected 10"),
        ("names.txt", b"\xff", "no readable text"),
    ],
)
def test_a_damaged_artefact_is_refused_by_the_name_of_the_file(
    tmp_path: Path, name: str, content: bytes | None, message: str
):
    saved(tmp_path)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(NetworkError) as caught:
        load_network(tmp_path)
    assert message in str(caught.value)


def test_a_missing_field_is_named(tmp_path: Path):
    saved(tmp_path)
    scalars = json.loads((tmp_path / "network.json").read_text())
    del scalars["grid_x0"]
    (tmp_path / "network.json").write_text(json.dumps(scalars))
    with pytest.raises(NetworkError, match="no field 'grid_x0'"):
        load_network(tmp_path)
