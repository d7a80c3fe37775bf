"""Writing what a benchmark measured: one JSON with the machine, versions and the data's hash."""

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
_PACKAGES = ("numpy", "numba", "pyarrow", "faust-streaming", "shapely", "msgspec")


def write_result(
    name: str,
    question: str,
    rows: Sequence[Mapping[str, Any]],
    data: Iterable[Path] = (),
    **extra: Any,
) -> Path:
    """Write `benchmarks/results/NAME.json` and give its path.

    `rows` is the table, one mapping a row with the same keys in the same order; `data` are the
    files or folders that were read, hashed by content; `extra` is anything else worth keeping.
    """
    RESULTS.mkdir(exist_ok=True)
    result = {
        "name": name,
        "question": question,
        "machine": _machine(),
        "versions": {p: _version(p) for p in _PACKAGES} | {"python": platform.python_version()},
        "data_sha256": {path.name: _hash(path) for path in data},
        "rows": list(rows),
        **extra,
    }
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    return path


def _machine() -> dict[str, Any]:
    model = platform.processor()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {"processor": model, "cores": os.cpu_count(), "system": platform.system()}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    for file in files:
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
