"""The wheel: built from what git tracks, installed in an empty place, and used there."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("ingest", "mapmatch", "congestion", "incidents", "streams")


def run(command: list[str], folder: Path, **environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=folder, env=kept | environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the programs of an environment that holds the wheel and sees its dependencies only."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    wanted = ["LICENSE*", "NOTICE*", "README.md", "pyproject.toml", "data", *PACKAGES]
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *wanted]
    for file in run(listing, ROOT).splitlines():
        if (ROOT / file).is_file():
            (source / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, source / file)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source)]
    run([*pip, *build], folder)
    (wheel,) = folder.glob("clearway-*.whl")
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / "bin" / "python"
    site = run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder
    )
    # Of the environment that runs the tests only what it installed is seen, not the checkout.
    (Path(site.strip()) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    run([*pip, "--python", str(python), "install", "--no-deps", str(wheel)], folder)
    return python.parent


def test_every_room_of_the_house_is_listed_for_the_wheel() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    rooms = {
        str(file.parent.relative_to(ROOT)).replace("/", ".")
        for package in PACKAGES
        for file in (ROOT / package).rglob("__init__.py")
        if "node_modules" not in file.parts
    }
    assert {name for name in listed if name != "clearway_data"} == rooms


def test_the_wheel_holds_the_page_the_models_and_the_small_recording(programs: Path) -> None:
    asked = (
        "import congestion.levels as levels, streams.cli.options as options\n"
        "from congestion.states.speed_model import read_model\n"
        "from ingest.recorded.feed import open_feed\n"
        "from streams.console.static_files import STATIC\n"
        "read_model()\n"
        "feed = open_feed(options.SMALL_FEED)\n"
        "print(levels.__file__, (STATIC / 'index.html').is_file(), feed.manifest.network.is_dir())"
    )
    place, *holds = run([str(programs / "python"), "-c", asked], programs).split()
    assert Path(place).is_relative_to(programs.parent)
    assert holds == ["True", "True"]


@pytest.mark.slow
@pytest.mark.broker
@pytest.mark.timeout(1200)  # every kernel is compiled anew
def test_up_plays_the_small_recording_in_an_empty_folder(programs: Path, tmp_path: Path) -> None:
    command = [str(programs / "clearway"), "up", "--speed", "1000", "--exit-at-end"]
    empty = tmp_path / "empty"
    empty.mkdir()
    said = run(command, empty, CLEARWAY_CACHE=str(tmp_path / "cache"))
    assert "everything in it is decided" in said
    assert "4 incidents" in said
    assert list(empty.iterdir()) == []
