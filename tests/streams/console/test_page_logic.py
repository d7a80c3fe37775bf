"""The page's own tests, which need no browser."""

import shutil
import subprocess
from pathlib import Path

import pytest

PAGE = Path("streams/console/page")
VITEST = PAGE / "node_modules" / "vitest" / "vitest.mjs"


def test_the_logic_of_the_page() -> None:
    node = shutil.which("node")
    if node is None or not VITEST.is_file():
        pytest.skip(f"vitest is not at {VITEST} (npm ci in {PAGE})")
    done = subprocess.run(
        [node, VITEST.relative_to(PAGE), "run"], cwd=PAGE, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
