"""The page's own tests, which need no browser."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

PAGE = Path("streams/console/page")
MADE_OF = Path("streams/console/static/made-of.txt")
VITEST = PAGE / "node_modules" / "vitest" / "vitest.mjs"


def test_the_logic_of_the_page() -> None:
    node = shutil.which("node")
    if node is None or not VITEST.is_file():
        pytest.skip(f"vitest is not at {VITEST} (npm ci in {PAGE})")
    done = subprocess.run(
        [node, VITEST.relative_to(PAGE), "run"], cwd=PAGE, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_that_is_served_was_made_of_the_sources_of_today() -> None:
    told = dict(line.split("  ")[::-1] for line in MADE_OF.read_text().splitlines())
    here = {name: hashlib.sha256((PAGE / name).read_bytes()).hexdigest()
            for name in told if (PAGE / name).is_file()}  # fmt: skip
    assert here == told, f"npm run build in {PAGE}"
    kept = [p for kind in ("ts", "css") for p in (PAGE / "src").rglob(f"*.{kind}")]
    sources = {p.relative_to(PAGE).as_posix() for p in kept if not p.name.endswith(".test.ts")}
    assert sources <= told.keys(), f"npm run build in {PAGE}"
