"""The stages of one city's chain, made the same way for a worker and for a run without broker."""

import logging
import os
import threading
from collections.abc import Callable
from contextlib import nullcontext
from functools import cached_property
from pathlib import Path

from congestion.detectors.spot_relation import load_relation
from congestion.profile.week import load_week
from congestion.region import Region
from congestion.states.estimator import StateEstimator
from congestion.states.fusion import Fusion
from congestion.warm_up import warm_up as warm_up_congestion
from incidents.detection import IncidentDetection
from incidents.dispatch.jurisdictions import Jurisdictions, load_jurisdictions
from incidents.response.plans import load_plans
from ingest.checks.traces import FixCleaner
from ingest.recorded.assets import Assets
from ingest.time_zone import UNKNOWN, time_zone
from ingest.units import MINUTE_S
from mapmatch.building.build import artefact_for
from mapmatch.matcher import OnlineMatcher
from mapmatch.network import Network, NetworkError, load_network
from mapmatch.paths import PathTable, build_path_table, load_path_table, save_path_table
from mapmatch.placing.bus_lines import place_bus_lines
from mapmatch.records import BusLinePlacement
from streams.city import City, open_city
from streams.compilers import wait_for
from streams.settings import Settings
from streams.stages.case_desk import CaseDesk
from streams.stages.city_minute import CityStep
from streams.stages.counts import StartStep
from streams.stages.detect import DetectStage
from streams.stages.estimate import EstimateStage
from streams.stages.ingest import OUTPUTS, IngestStage
from streams.stages.match import MatchStage, Trace
from streams.stages.source_clocks import SourceClocks

log = logging.getLogger(__name__)

FIRST_START_S = {
    "kernels of cleaning": 1,
    "kernels of matching": 33,
    "kernels of estimation": 4,
    "kernels of detection": 2,
    "joining the other workers": 4,
}
"""What each step of a first start takes, in its order; only a worker joins others. Unit: s of one
core. Source: measured with nothing compiled before; on a machine that does other things too it is
more."""
COMPILING_COUNT = len(FIRST_START_S) - 1


class Chain:
    """Makes stages; remembers the city and the path table they all read."""

    def __init__(
        self,
        city: City,
        paths: PathTable,
        settings: Settings,
        make_fusion: Callable[[Region], Fusion] = Fusion,
    ) -> None:
        """Make the chain; `make_fusion` says what makes one speed of all sources in a region."""
        self.city = city
        self._make_fusion = make_fusion
        self._paths = paths
        self._settings = settings
        profile = settings.city.profile
        self._week = load_week(Path(profile), city.network) if profile else None
        self._relation = load_relation(Path(profile)) if profile else None
        self._jurisdictions = _jurisdictions(settings.city.jurisdictions, city.network)
        self._plans = load_plans(Path(settings.city.plans)) if settings.city.plans else []
        self._source_clocks = SourceClocks(list(OUTPUTS))
        # Partitions are matched in threads; a path cache is written by whoever searches.
        self._turns = threading.Lock() if paths.is_cache else nullcontext()

    @cached_property
    def bus_lines(self) -> BusLinePlacement | None:
        """Give the segments that the city's bus lines drive, None where no lines are known."""
        return place_bus_lines(self.city.network, self.city.assets.bus_lines, self._paths)

    def match_stage(
        self, partition: int, on_trace: Callable[[Trace], None] | None = None
    ) -> MatchStage:
        """Make the match stage of a partition of vehicles."""
        settings = self._settings
        return MatchStage(
            partition,
            self.city,
            OnlineMatcher(
                self.city.network,
                self._paths,
                settings.matcher,
                self.bus_lines,
                tells_fixes=on_trace is not None,
            ),
            FixCleaner(settings.cleaner),
            settings.clocks,
            settings.topics.partitions,
            on_trace,
            self._turns,
        )

    def estimate_stage(self, partition: int) -> EstimateStage:
        """Make the estimate stage of a partition of regions."""
        clocks, count = self._settings.clocks, self._settings.topics.partitions
        return EstimateStage(partition, self.city, self._estimator, clocks, count)

    def _estimator(self, region: int) -> StateEstimator:
        city, settings = self.city, self._settings
        return StateEstimator(
            city.network,
            region,
            city.roadside,
            settings.estimator,
            self._make_fusion,
            settle_s=settings.clocks.settle_s,
            week=self._week,
            relation=self._relation,
        )

    def detect_stage(
        self, _partition: int = 0, on_step: Callable[[CityStep], None] | None = None
    ) -> DetectStage:
        """Make the detect stage of the city, which shows `on_step` what it decides on."""
        return DetectStage(self.city, self._detection(), on_step, self._desk())

    def _desk(self) -> CaseDesk:
        settings = self._settings
        return CaseDesk(
            self.city, settings.cases, self._jurisdictions, settings.dispatch, self._plans
        )

    def _detection(self) -> IncidentDetection:
        city = self.city
        return IncidentDetection(
            city.network, city.roadside, self._settings.detection, self._week,
            city.assets.schedule.entries,
        )  # fmt: skip

    def ingest_stage(self, kind: str) -> Callable[[int], IngestStage]:
        """Give what makes the ingest stage of a raw topic's partition."""
        clocks, count = self._settings.clocks, self._settings.topics.partitions
        name = self._settings.city.timezone
        zone = UNKNOWN if name is None else time_zone(name)
        sources = self._source_clocks
        return lambda partition: IngestStage(
            kind, partition, self.city, clocks, count, zone, sources
        )

    def warm_up_matching(
        self, say: Callable[[str], None] = lambda _: None, step_count: int = 2,
        on_step: Callable[[StartStep], None] = lambda _: None,
    ) -> None:  # fmt: skip
        """Compile what the match stage needs; says which step of how many is next."""

        def begin(what: str) -> None:
            begin_step(what, step_count, say, on_step)

        begin("kernels of cleaning")
        wait_for("all else")
        FixCleaner().warm_up()
        begin("kernels of matching")
        wait_for("matching")
        OnlineMatcher(self.city.network, self._paths).warm_up()
        if self.city.assets.bus_lines:
            say("bus lines")
            _ = self.bus_lines

    def warm_up(
        self,
        say: Callable[[str], None] = lambda _: None,
        step_count: int = COMPILING_COUNT,
        on_step: Callable[[StartStep], None] = lambda _: None,
    ) -> None:
        """Compile every kernel, so that no message waits for it; says which step is next."""
        self.warm_up_matching(say, step_count, on_step)
        begin_step("kernels of estimation", step_count, say, on_step)
        warm_up_congestion()
        states = [
            self._estimator(region).close_minute(0.0).states
            for region in range(self.city.network.region_count)
        ]
        begin_step("kernels of detection", step_count, say, on_step)
        self._detection().step(0.0, MINUTE_S, states, [])
        self._desk().warm_up()


def begin_step(
    what: str, count: int, say: Callable[[str], None], on_step: Callable[[StartStep], None]
) -> None:
    """Tell which step of a start begins, and how long it takes where nothing is compiled yet."""
    number, usual = list(FIRST_START_S).index(what) + 1, list(FIRST_START_S.values())
    step = StartStep(what, number, count, FIRST_START_S[what], sum(usual[:count]))
    say(str(step))
    on_step(step)


def open_chain(
    network: Path,
    cache: Path,
    assets: Assets,
    settings: Settings,
    make_fusion: Callable[[Region], Fusion] = Fusion,
) -> Chain:
    """Give the chain of a network, built into the cache if it is a source.

    Raises NetworkError where the network cannot be used, JurisdictionError where the file of units
    cannot.
    """
    folder = artefact_for(network, cache)
    loaded = load_network(folder)
    city = open_city(loaded, folder, assets)
    return Chain(city, _paths(loaded, folder), settings, make_fusion)


def _jurisdictions(file: str | None, network: Network) -> Jurisdictions | None:
    """Give whose the roads are, where a file says so; what is wrong with it is logged."""
    if file is None:
        return None
    found = load_jurisdictions(Path(file), network)
    for finding in found.findings:
        log.warning("%s: %s", file, finding)
    return found


def _paths(network: Network, folder: Path) -> PathTable:
    """Give the artefact's path table, built now where an older build left none or another's."""
    try:
        return load_path_table(folder)
    except NetworkError:
        paths = build_path_table(network)
        if os.access(folder, os.W_OK):
            save_path_table(paths, folder)
        return paths
