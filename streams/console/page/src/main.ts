import "maplibre-gl/dist/maplibre-gl.css";
import "./style/frame.css";
import "./style/top.css";
import "./style/alerts.css";
import "./style/jams.css";
import "./style/map.css";
import "./style/layers.css";
import "./style/corridors.css";
import "./style/case.css";
import "./style/charts.css";
import "./style/past.css";
import "./style/wall.css";
import "./style/forced.css";

import { AlarmLoadLine } from "./alerts/alarm_load";
import { AlarmSound } from "./alerts/alarm_sound";
import { AlertList } from "./alerts/alert_list";
import { OpenJams } from "./alerts/open_jams";
import { AlertMarkers } from "./map/alert_markers";
import { Banner } from "./banner";
import { CasePanel } from "./cases/case_panel";
import { CreateCase } from "./cases/create_case";
import type { Person, RoadColumns } from "./contract";
import { CorridorList } from "./corridors/corridor_list";
import { byId, el } from "./dom";
import { FeedBar } from "./feed_bar";
import { EventClock } from "./event_clock";
import { DetectorLayer } from "./layers/detector_layer";
import { LayerMenu } from "./layers/layer_menu";
import { PatrolLayer } from "./layers/patrol_layer";
import { Things } from "./layers/things";
import { UnitLayer } from "./layers/unit_layer";
import { VehicleLayer } from "./layers/vehicle_layer";
import { WorksLayer } from "./layers/works_layer";
import { Legend } from "./map/legend";
import { PatrolWay } from "./map/patrol_way";
import { PlacePicker } from "./map/place_picker";
import { fetchJson, Live } from "./live";
import { segmentsOf } from "./map/road_columns";
import { tellSoftware } from "./map/renderer";
import { RoadMap, type SegmentCollection } from "./map/road_map";
import { SegmentPopup } from "./map/segment_popup";
import { ChangesLayer } from "./map/changes_layer";
import { ChangesLegend } from "./past/changes_legend";
import { PastBar } from "./past/past_bar";
import { PastMark } from "./past/past_mark";
import { TimeMachine } from "./past/time_machine";
import { pageSettings } from "./page_settings";
import { paintPage } from "./style/palettes";
import { PersonChip } from "./person_chip";
import { isTyping, SearchBox } from "./search_box";
import { Selection } from "./selection";
import { Store } from "./store";
import { SpeedSummary } from "./speed_summary";
import { urlValue } from "./url_state";
import { Wall } from "./wall/wall";
import { dressPage, say } from "./words/say";

async function start(): Promise<void> {
  paintPage();
  const wall = urlValue("wall");
  document.body.classList.toggle("is-wall", wall !== null);
  dressPage();
  const store = new Store();
  new EventClock(store, byId("event-clock"), byId("event-date"), byId("map-time"), byId("network-name"));
  new FeedBar(store, byId("feed"));
  new SpeedSummary(store, byId("summary"));
  const banner = new Banner(store, byId("banner"));
  const selection = new Selection(store);
  const sound = new AlarmSound();
  const openJams = new OpenJams(store, selection);
  new AlertList(store, selection, openJams, sound, byId("alerts"), byId("announce"));
  new AlarmLoadLine(store, byId("alarm-load"));
  const legend = new Legend(store, byId("legend"));

  let segments: SegmentCollection;
  let person: Person;
  try {
    [segments, person] = await Promise.all([
      fetchJson<RoadColumns>("/api/roads").then(segmentsOf), fetchJson<Person>("/api/session"),
    ]);
  } catch (error) {
    banner.fail(say("page.failed", { why: String(error) }));
    return;
  }
  segments.features.forEach((feature) => {
    store.segmentIndex.set(feature.properties.segment_id, feature.id);
    store.roads.set(feature.properties.segment_id, feature.properties);
    const { coordinates } = feature.geometry;
    store.ends.set(feature.properties.segment_id, { from: String(coordinates[0]), to: String(coordinates.at(-1)) });
  });
  byId("settings").replaceChildren(pageSettings());
  new PersonChip(person, byId("person"));
  const picker = (): PlacePicker => new PlacePicker(roads.map, byId("map-stage"));
  if (wall === null) new CasePanel(store, selection, person, picker, byId("case"), (ids) => void roads.outline(ids));
  // A browser draws no map in a tab in the background; all else goes on there.
  new Live(store).start();
  const hadView = location.hash.length > 1;
  const roads = new RoadMap(store, segments, byId("map"));
  await roads.ready;
  tellSoftware(roads.map);
  new AlertMarkers(store, selection, openJams, roads);
  // A link that says what is seen is not moved to the alert that it names.
  if (selection.alertId !== null) selection.choose(selection.alertId, !hadView);
  new PatrolWay(store, selection, roads);
  const things = new Things(roads, byId("announce"));
  if (wall === null) {
    new SegmentPopup(store, roads, things, byId("announce"));
    new CorridorList(store, roads, byId("corridors"));
  } else new Wall(store, roads, byId("wall"), wall);
  const layers = [
    new UnitLayer(roads), new DetectorLayer(store, roads, things), new VehicleLayer(store, roads, things),
    new WorksLayer(store, roads, things), new PatrolLayer(store, roads, things),
  ];
  new LayerMenu(layers.reverse(), byId("layers")); // the last one drawn lies on top, and stands first
  byId("tools").append(sound.button);
  new SearchBox(selection, roads, byId("search-box"));
  const home = el("button", { type: "button", class: "quiet-button", id: "home", title: say("page.homeTitle") }, say("page.home"));
  home.addEventListener("click", () => roads.goHome());
  byId("layers").append(home);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Home" && !isTyping(event.target)) roads.goHome();
    if (event.key === "Escape") roads.find(null, []);
  });
  const machine = new TimeMachine(store);
  if (wall === null) {
    new ChangesLayer(store, roads);
    new ChangesLegend(store, byId("changes"));
    new PastBar(store, machine, selection, byId("layers"), byId("past"), byId("announce"));
  } else new PastMark(store, machine, byId("past"));
  void machine.begin();
  new CreateCase(store, selection, person, picker(), byId("tools"));
  legend.onHover((level) => roads.emphasise(level));
  // A handle for people at the browser's console, and for the tests.
  Object.assign(window, { clearway: { map: roads.map, store, selection } });
}

void start();
