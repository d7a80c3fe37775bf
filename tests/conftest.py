"""Fixtures every package's tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# A test asserts no wall-clock time: what a loaded machine makes slow is not wrong.
settings.register_profile("clearway", deadline=None)
settings.load_profile("clearway")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Give the folder of the large recordings, or skip where this checkout has none."""
    folder = Path(os.environ.get("CLEARWAY_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"large recordings not present at {folder} (set CLEARWAY_SHARED_DATA)")
    return folder


@pytest.fixture(scope="session")
def project_data() -> Path:
    """Give the folder of the small data that ships with the project."""
    return ROOT / "data"
