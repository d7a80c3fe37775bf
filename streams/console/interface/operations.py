"""Every address of the console: what it is for, takes and answers."""

from collections.abc import Mapping
from typing import Any

from congestion.corridor_times import CorridorTime
from congestion.indices import AreaIndices
from incidents.case_records import Command, CommandResult
from incidents.cases.service import ServiceReport
from incidents.dispatch.patrols import Patrol
from incidents.dispatch.ways import Way
from incidents.exports.cap import CONTENT_TYPE as CAP
from incidents.exports.formats import FORMATS
from incidents.records import Alert
from incidents.response.jams import Jam
from incidents.scoring.alarm_load import AlarmLoad
from mapmatch.road_columns import RoadColumns
from streams.console.access.login import Login
from streams.console.access.person import Person
from streams.console.board import MOST_OPERATORS
from streams.console.contract import CaseActions, Health, StatesDelta, StatesSnapshot
from streams.console.history.routes import AlertHistory
from streams.console.history.segment_history import SegmentHistory
from streams.console.interface.operation import (
    TROUBLE,
    Body,
    FeatureCollection,
    Operation,
    Parameter,
    json_of,
)
from streams.console.layers.detector_records import (
    DetectorPlaces,
    DetectorReport,
    DetectorsHealth,
)
from streams.console.layers.routes import Works
from streams.console.layers.vehicle_records import VehicleReport, VehiclesSeen
from streams.console.past.records import PastDays, PastMinute
from streams.console.patrol_board import PatrolNews, PatrolWork
from streams.console.response_routes import Response
from streams.console.search import Found

HTML = Body("text/html")
GEOJSON = Body("application/geo+json", FeatureCollection)
PLACES: Mapping[str, str] = {
    "alert_id": "A case, by its `alert_id`.",
    "patrol_id": "A patrol.",
    "segment_id": "A segment of the network.",
    "name": "A file.",
    "detector_id": "A detector of the city.",
    "vehicle_id": "A bus or a taxi.",
}
"""What stands in addresses in braces."""
EVENTS: Mapping[str, type] = {
    "alert": Alert, "states": StatesDelta, "health": Health, "patrols": PatrolNews,
}  # fmt: skip
"""The records of the event stream, by the event's name."""

PAGES = (
    Operation("get", "/", "The page of the command centre.", {200: HTML}),
    Operation("get", "/login", "The page that asks for name and password.", {200: HTML}),
    Operation("get", "/handover", "The list for the next shift.", {200: HTML}),
    Operation("get", "/patrol/{patrol_id}", "An officer's page for a phone.", {200: HTML}),
    Operation("get", "/static/{name}", "A file of the pages.", {200: Body("*/*"), 404: TROUBLE}),
)

STATE = (
    Operation(
        "get", "/health",
        "Event time, the health of each feed, and the network in its last minute. Answers while "
        "the console serves; `status` says whether broker and feed are there.",
        {200: json_of(Health)},
    ),
    Operation("get", "/metrics", "What Prometheus collects.", {200: Body("text/plain")}),
    Operation(
        "get", "/api/openapi.json", "This description.",
        {200: json_of(dict[str, Any])},
    ),
    Operation(
        "get", "/api/segments.geojson", "The segments; their `id` is the index in states.",
        {200: GEOJSON},
    ),
    Operation(
        "get", "/api/roads", "The segments as columns of whole numbers, for a page to start soon.",
        {200: json_of(RoadColumns)},
    ),
    Operation(
        "get", "/api/states", "The latest state of every segment that has one.",
        {200: json_of(StatesSnapshot), 400: TROUBLE},
        query=(
            Parameter("ids", "`no` leaves the ids out.", {"type": "string", "enum": ["no"]}),
        ),
    ),
    Operation(
        "get", "/api/areas",
        "How congested the city and each district are in the newest minute; a district is a region "
        "of the network.", {200: json_of(list[AreaIndices])},
    ),
    Operation(
        "get", "/api/corridors",
        "How long the corridors of `[city] corridors` take now, usually and when free, and which "
        "of their own bounds that passes.", {200: json_of(list[CorridorTime])},
    ),
    Operation(
        "get", "/api/events",
        "Server-sent events: `hello` at first, then `alert`, `jams`, `states`, `health` and "
        "`patrols` as they come, each a record as JSON. An `alert` has an id: who comes back with "
        "the header `Last-Event-ID` is sent the versions since, or `skipped` where not all of them "
        "are known any more.",
        {200: Body("text/event-stream")},
    ),
)  # fmt: skip

CASES = (
    Operation(
        "get", "/api/alerts", "The latest version of each alert, the gravest first.",
        {200: json_of(list[Alert])},
    ),
    Operation(
        "get", "/api/jams",
        "Which active alerts are one jam: their queues meet, or their roots are within 300 m along "
        "the roads. Only jams of several alerts, the gravest first.",
        {200: json_of(list[Jam])},
    ),
    Operation(
        "get", "/api/alerts/{alert_id}/actions",
        "What whoever asks may command of a case now, and what each command needs.",
        {200: json_of(CaseActions), 404: TROUBLE},
    ),
    Operation(
        "get", "/api/alerts/{alert_id}/response",
        "What helps at a case, on the speeds of the last minute.",
        {200: json_of(Response), 404: TROUBLE},
    ),
    Operation(
        "get", "/api/alerts/{alert_id}/history",
        "The last hours at the root of an alert, its queue, and what was seen on its segments.",
        {200: json_of(AlertHistory), 404: TROUBLE},
    ),
    Operation(
        "get", "/api/search",
        "The roads, crossings, segments, alerts and cameras that are called so, the best first.",
        {200: json_of(list[Found])},
        query=(Parameter("q", "All words of it are in the name.", {"type": "string"}),),
    ),
    Operation(
        "get", "/api/segments/{segment_id}/history", "The last hours of a segment.",
        {200: json_of(SegmentHistory), 404: TROUBLE},
    ),
    Operation(
        "post", "/api/commands",
        "Give a command, in the name of who is logged in. 409: another version is there than was "
        "expected. 422: impossible, or no command. 503 and 504: there is no broker, or no answer "
        "yet; send it again as it is.",
        {
            200: json_of(CommandResult), 400: TROUBLE, 403: json_of(CommandResult),
            409: json_of(CommandResult), 413: TROUBLE, 422: json_of(CommandResult),
            503: TROUBLE, 504: TROUBLE,
        },
        takes=Command,
    ),
    Operation(
        "get", "/api/alarm-load",
        "How much the alarms of the last day ask of each operator, null before anything is known.",
        {200: json_of(AlarmLoad | None), 400: TROUBLE},
        query=(
            Parameter(
                "operators", "Among how many the alarms are shared, 1 unless told.",
                {"type": "integer", "minimum": 1, "maximum": MOST_OPERATORS},
            ),
        ),
    ),
    Operation(
        "get", "/api/service", "The numbers of the service, null before anything is known.",
        {200: json_of(ServiceReport | None)},
    ),
)  # fmt: skip

PAST = (
    Operation(
        "get", "/api/past/days",
        "The days that can be looked back at, and why there are none where there are none.",
        {200: json_of(PastDays)},
    ),
    Operation(
        "get", "/api/past",
        "The city as it was in a minute: states as at the start of the page, alerts and jams as "
        "they stood at its end. 404: nothing is stored of it. 503: too many ask; ask again.",
        {200: json_of(PastMinute), 400: TROUBLE, 404: TROUBLE, 503: TROUBLE},
        query=(
            Parameter(
                "at", "A time in the minute: seconds since 1970 UTC, or ISO 8601 with its zone.",
                {"type": "string"},
            ),
        ),
    ),
)  # fmt: skip

FIELD = (
    Operation(
        "get", "/api/patrols", "Where patrols are, as they last said.",
        {200: json_of(list[Patrol])},
    ),
    Operation(
        "get", "/api/patrols/{patrol_id}",
        "A patrol, null where it never spoke, and its cases.", {200: json_of(PatrolWork)},
    ),
    Operation(
        "get", "/api/patrols/{patrol_id}/way",
        "The way of a patrol to a case, null where none leads there.",
        {200: json_of(Way | None), 404: TROUBLE},
        query=(Parameter("alert", PLACES["alert_id"], {"type": "string"}),),
    ),
    Operation(
        "get", "/api/jurisdictions.geojson", "The units' polygons.", {200: GEOJSON}
    ),
)  # fmt: skip

LAYERS = (
    Operation(
        "get", "/api/works", "The works and events that are planned, over or not.",
        {200: json_of(Works)},
    ),
    Operation(
        "get", "/api/vehicles",
        "Buses and taxis of a part of the map, by how far matching knows that they got. The first "
        "answer is empty: positions are read only while somebody asks.",
        {200: json_of(VehiclesSeen), 400: TROUBLE},
        query=(
            Parameter("box", "`west,south,east,north` in degrees.", {"type": "string"}),
        ),
    ),
    Operation(
        "get", "/api/vehicles/{vehicle_id}",
        "Where matching has a vehicle, how far that lies behind, and whether it is decided.",
        {200: json_of(VehicleReport), 404: TROUBLE},
    ),
    Operation(
        "get", "/api/detectors", "Where the detectors are, as columns in the order of their file.",
        {200: json_of(DetectorPlaces)},
    ),
    Operation(
        "get", "/api/detectors/health",
        "Which detectors are sound, and the others' faults; in the order of `/api/detectors`.",
        {200: json_of(DetectorsHealth)},
    ),
    Operation(
        "get", "/api/detectors/report/{detector_id}",
        "A detector: its fault, since when, what is put aside for it, and its last reading.",
        {200: json_of(DetectorReport), 404: TROUBLE},
    ),
)  # fmt: skip

EXPORTS = (
    *(
        Operation(
            "get", f"/api/export/{name}", "What is published, in a form that others read.",
            {200: Body(form.content_type)},
        )
        for name, form in FORMATS.items()
    ),
    Operation(
        "get", "/api/export/cap/{alert_id}", "One published case as a CAP 1.2 message.",
        {200: Body(CAP), 404: TROUBLE},
    ),
)  # fmt: skip

ACCESS = (
    Operation(
        "get", "/api/session", "Who is asking, and what they may.", {200: json_of(Person)}
    ),
    Operation(
        "post", "/api/login",
        "Log in: the answer's cookie is then sent with each request. 404: nobody logs in here.",
        {
            200: json_of(Person), 400: TROUBLE, 401: TROUBLE, 403: TROUBLE, 404: TROUBLE,
            413: TROUBLE, 415: TROUBLE, 422: TROUBLE, 429: TROUBLE,
        },
        takes=Login,
    ),
    Operation(
        "post", "/api/logout", "Log out.", {204: None, 403: TROUBLE}
    ),
)  # fmt: skip

OPERATIONS: tuple[Operation, ...] = (
    *PAGES, *STATE, *CASES, *PAST, *FIELD, *LAYERS, *EXPORTS, *ACCESS,
)  # fmt: skip
