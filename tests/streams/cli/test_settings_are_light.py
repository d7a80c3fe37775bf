"""Commands that load settings and reckon nothing import nothing that computes."""

import json
import subprocess
import sys

import pytest

from congestion.kernels.probes import QUEUE_REACH_M
from congestion.seen.parked_settings import ParkedSettings
from mapmatch.kernels.layout import MOST_STATES
from mapmatch.matcher_settings import MOST_CANDIDATES

COMPUTES = {
    "duckdb", "faust", "geopandas", "lightgbm", "lxml", "matplotlib", "numba", "pandas", "pyproj",
    "scipy", "shapely", "typst",
}  # fmt: skip
ARRAYS = {"numpy", "pyarrow"}
MODULES = {
    "streams.settings": (COMPUTES | ARRAYS | {"aiokafka", "kafka"}, 220),
    "streams.cli.upkeep.settings_words": (COMPUTES | ARRAYS | {"aiokafka", "kafka"}, 240),
    "streams.broker.admin": (COMPUTES | ARRAYS, 480),
    "streams.broker.alert_stream": (COMPUTES, 700),
    "streams.broker.commands": (COMPUTES, 700),
    "streams.broker.saved_places": (COMPUTES - {"numba", "pandas", "pyproj"}, 1400),
    "streams.lake.layout": (COMPUTES - {"numba"}, 620),
}
"""By module that a command imports: what must not come with it, and how many modules may."""


@pytest.mark.parametrize("module", MODULES)
def test_a_module_for_settings_and_messages_imports_nothing_that_computes(module: str) -> None:
    code = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    modules = json.loads(done.stdout)
    unwanted, most = MODULES[module]
    assert not unwanted & set(modules)
    assert len(modules) <= most


def test_settings_say_what_the_kernels_do() -> None:
    assert MOST_CANDIDATES == MOST_STATES
    assert ParkedSettings().least_to_end_m == QUEUE_REACH_M
