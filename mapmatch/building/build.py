"""Builds the network artefact from a source, once."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ingest.user_error import placed
from mapmatch import network, paths
from mapmatch.building.assembly import assemble
from mapmatch.building.report import BuildReport
from mapmatch.geojson import write_segments
from mapmatch.network import Network, NetworkError, is_artefact, load_network, save_network
from mapmatch.paths import build_path_table, save_path_table
from mapmatch.sources.csv_table import find_csv
from mapmatch.sources.gmns import read_gmns
from mapmatch.sources.osm import read_osm
from mapmatch.sources.osm_file import SUFFIXES
from mapmatch.sources.roads import Roads

BUILDER_VERSION = 4
"""Raised whenever the same source gives another artefact, so that cached ones are built again."""

GMNS_FILES = ("config", "node", "link", "movement", "geometry", "link_geometry", "use_group")


def build_network(
    source: Path, folder: Path, *, region_count: int | None = None
) -> tuple[Network, BuildReport]:
    """Build the network of a GMNS folder or an OpenStreetMap file into an artefact folder.

    An artefact already there is replaced, and only when the new one is whole. Raises NetworkError
    for a source that cannot be used, or a folder that holds something else, OSError naming the
    folder where it cannot be written.
    """
    if folder.exists() and not is_artefact(folder) and (folder.is_file() or any(folder.iterdir())):
        raise NetworkError(f"{folder}: holds something else, expected a new or a network folder")
    built, report = assemble(read_roads(source), region_count)
    with _whole_folder(folder) as half_built:
        save_network(built, half_built)
        write_segments(built, half_built / "segments.parquet")
        table = build_path_table(built)
        save_path_table(table, half_built)
    return load_network(folder), msgspec.structs.replace(report, path_table=table.line())


def network_for(path: Path, cache_dir: Path) -> Network:
    """Give the network of an artefact folder, or of a source built once into the cache.

    Raises NetworkError.
    """
    return load_network(artefact_for(path, cache_dir))


def artefact_for(path: Path, cache_dir: Path) -> Path:
    """Give the artefact folder of a network: the path itself, or its source's in the cache.

    The cache's key is the source's content and the versions of builder and formats. Raises
    NetworkError.
    """
    if is_artefact(path):
        return path
    folder = cache_dir / f"{_stem(path)}-{_content_hash(path)}"
    if not is_artefact(folder):
        build_network(path, folder)
    return folder


def read_roads(source: Path) -> Roads:
    """Give the roads of a source. Raises NetworkError where it is no known one."""
    if source.is_dir() and find_csv(source, "link"):
        return read_gmns(source)
    if source.is_file() and source.name.lower().endswith(SUFFIXES):
        return read_osm(source)
    if not source.exists():
        raise NetworkError(f"{source}: no such file or folder, expected a road network")
    expected = f"a GMNS folder (node.csv, link.csv) or a file {', '.join(SUFFIXES)}"
    raise NetworkError(f"{source}: no road network, expected {expected}")


def _source_files(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    return [path for name in GMNS_FILES if (path := find_csv(source, name))]


def _content_hash(source: Path) -> str:
    versions = (
        f"builder {BUILDER_VERSION}, network {network.SCHEMA_VERSION}, paths {paths.SCHEMA_VERSION}"
    )
    digest = hashlib.sha256(versions.encode())
    for path in _source_files(source):
        digest.update(f"\0{path.name}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:16]


def _stem(source: Path) -> str:
    return source.resolve().name.split(".")[0] or "network"


@contextmanager
def _whole_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to fill that takes its place only once it is filled."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    half_built = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield half_built
        half_built.chmod(0o755)
        try:
            os.replace(half_built, folder)
        except OSError:
            # A folder with something in it, an older build or that of a process beside this one.
            retired = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
            os.replace(folder, retired / "old")
            os.replace(half_built, folder)
            shutil.rmtree(retired)
    except OSError as error:
        raise placed(error, folder) from error
    finally:
        shutil.rmtree(half_built, ignore_errors=True)
