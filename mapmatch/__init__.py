"""Road network, and fixes to traversals.

`from mapmatch import ...` gives what a program that matches its own fixes needs; each name is
imported when first asked for, so that `import mapmatch` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mapmatch.building.build import build_network, network_for
    from mapmatch.frame import match_frame
    from mapmatch.matcher import OnlineMatcher
    from mapmatch.matcher_settings import MatcherSettings
    from mapmatch.network import Network, NetworkError, load_network
    from mapmatch.paths import PathTable, build_path_table, load_path_table
    from mapmatch.placing.bus_lines import place_bus_lines

__all__ = [
    "MatcherSettings",
    "Network",
    "NetworkError",
    "OnlineMatcher",
    "PathTable",
    "build_network",
    "build_path_table",
    "load_network",
    "load_path_table",
    "match_frame",
    "network_for",
    "place_bus_lines",
]
_MODULES = {
    "MatcherSettings": "matcher_settings",
    "Network": "network",
    "NetworkError": "network",
    "OnlineMatcher": "matcher",
    "PathTable": "paths",
    "build_network": "building.build",
    "build_path_table": "paths",
    "load_network": "network",
    "load_path_table": "paths",
    "match_frame": "frame",
    "network_for": "building.build",
    "place_bus_lines": "placing.bus_lines",
}


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module 'mapmatch' has no attribute {name!r}")
    return getattr(import_module(f"mapmatch.{module}"), name)
