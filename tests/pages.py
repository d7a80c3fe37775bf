"""What stands in the README and the pages of docs/: commands, code, and how a test runs them."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numba

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PAGES = (README, *sorted((ROOT / "docs").glob("*.md")))
BROKER = "localhost:9092"


def blocks(page: Path, language: str) -> list[str]:
    """Give the text of each fenced block of a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.S)


def commands(page: Path) -> list[str]:
    """Give each command in the page's shell blocks, in order."""
    found = []
    for kind, text in re.findall(r"```(sh|console)\n(.*?)```", page.read_text(), re.S):
        lines = text.splitlines()
        if kind == "console":
            lines = [line[2:] for line in lines if line.startswith("$ ")]
        found += [line.split("  #")[0].strip() for line in lines if line.strip()]
    return found


def environment(folder: Path) -> dict[str, str]:
    """Give an environment with networks of its own, but the kernels that are compiled already."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    caches = {
        "CLEARWAY_CACHE": str(folder / "cache"),
        "NUMBA_CACHE_DIR": str(numba.config.CACHE_DIR),
    }
    return {**os.environ, "PATH": path, **caches}


def run(command: str, folder: Path) -> str:
    """Run a command in a folder and give what it prints; it must succeed."""
    done = subprocess.run(
        shlex.split(command), cwd=folder, env=environment(folder), capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    assert "leaked" not in done.stderr, f"{command}: a library says how it ended\n{done.stderr}"
    return done.stdout
