import type {
  DataDrivenPropertyValueSpecification as Value,
  ExpressionSpecification as Expression,
  StyleSpecification,
} from "maplibre-gl";
import { LEVELS, UNKNOWN_COLOUR } from "../levels";
import { theme } from "../style/palettes";

export const SOURCE = "segments";
/** The segments that are marked somehow, and how: few beside all that there are. */
export const MARKS = "marks";
export const LEVEL_LAYER = "segment-levels";
/** The layer of how the speed stands beside that of another moment, in place of the levels. */
export const CHANGES_LAYER = "changes";
export const CONGESTED_LAYER = "segment-congested";
const TONES = {
  dark: { ground: "#0a1017", bed: "#18242f", name: "#c3d2de", edge: "#ffffff", text: "#e8eff5" },
  light: { ground: "#eef2f5", bed: "#5d6b78", name: "#27333d", edge: "#000000", text: "#14181c" },
} as const;
export const TONE = TONES[theme()];
export const BACKGROUND = TONE.ground;
// No glyph server: drawn in the browser with the system's fonts.
export const FONT = ["Noto Sans CJK SC, PingFang SC, Microsoft YaHei, system-ui, sans-serif"];

const isStale: Expression = ["boolean", ["feature-state", "stale"], false];

// What is old is drawn as what is not known.
const level: Expression = ["case", isStale, -1, ["coalesce", ["feature-state", "level"], -1]];

const colour = [
  "match", level, ...LEVELS.flatMap((one, index) => [index, one.colour]), UNKNOWN_COLOUR,
] as unknown as Expression;

// Metres of paper, so to say: how wide a road of a class is drawn at zoom 14, in pixels.
const classWidth: Expression = [
  "match", ["get", "road_class"],
  ["motorway", "trunk"], 4.2,
  ["motorway_link", "trunk_link"], 2.6,
  "primary", 3.4,
  ["secondary", "primary_link"], 2.8,
  ["tertiary", "secondary_link"], 2.2,
  1.5,
];

const quality: Expression = ["case", isStale, "none", ["coalesce", ["feature-state", "quality"], "none"]];

// By level, congested segments are wider than free ones.
const byLevel = (of: Expression): Expression => ["match", of, 3, 1.35, 4, 1.65, 5, 1.9, 1];
// What is not measured is thin.
const GROWN: Expression = [
  "*", byLevel(level), ["match", quality, ["observed", "fused"], 1, "filled", 0.6, 0.4],
];
/** Marks know the level in a property, and are not thin. */
const MARK_GROWN = byLevel(["coalesce", ["get", "level"], -1]);

/** The width in pixels at each zoom, `extra` pixels wider. */
export function width(extra: number, grown: Expression | null): Value<number> {
  const at = (scale: number): Expression => {
    const plain: Expression = ["*", classWidth, scale];
    return ["+", grown ? ["*", plain, grown] : plain, extra];
  };
  return [
    "interpolate", ["exponential", 1.6], ["zoom"],
    11, at(0.45), 14, at(1), 16, at(2.4), 19, at(8),
  ];
}

/** Two-way streets: each direction to its own side (traffic keeps right). */
export const offset: Value<number> = [
  "interpolate", ["exponential", 1.6], ["zoom"],
  11, ["case", ["get", "is_two_way"], 0.5, 0],
  14, ["case", ["get", "is_two_way"], ["*", classWidth, 0.62], 0],
  16, ["case", ["get", "is_two_way"], ["*", classWidth, 1.4], 0],
  19, ["case", ["get", "is_two_way"], ["*", classWidth, 4.6], 0],
];

// Less certain states are drawn paler: what is measured stands out from what is only usual.
const certainty: Expression = [
  "*",
  ["case", ["boolean", ["feature-state", "muted"], false], 0.08, 1],
  ["match", quality, ["observed", "fused"], 1, "filled", 0.8, "historic", 0.5, 0.9],
];

const inQueue: Expression = [
  "any",
  ["boolean", ["feature-state", "queue"], false], ["boolean", ["feature-state", "root"], false],
  ["boolean", ["feature-state", "detour"], false], ["boolean", ["feature-state", "way"], false],
];

/** How much of each layer of levels shows: all of it, or little beside a queue that is chosen. */
export function dimmed(isDim: boolean): Record<string, Value<number>> {
  const shown: Expression = isDim ? ["*", certainty, ["case", inQueue, 1, 0.3]] : certainty;
  return { [LEVEL_LAYER]: shown, [CONGESTED_LAYER]: ["case", [">=", level, 3], shown, 0] };
}

export const join = { "line-cap": "round", "line-join": "round" } as const;

/** The root's font size follows the screen; names on the map follow it, so that a wall can be read. */
export const screenScale = (): number =>
  Math.max(1, parseFloat(getComputedStyle(document.documentElement).fontSize) / 16);

/** The whole style of the map: no tiles, no glyph server, only the segments of this network. */
export function roadStyle(): StyleSpecification {
  const scale = screenScale();
  return {
    version: 8,
    sources: {
      [SOURCE]: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
      [MARKS]: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
      names: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
    },
    layers: [
      { id: "background", type: "background", paint: { "background-color": BACKGROUND } },
      {
        id: "segment-beds", type: "line", source: SOURCE, layout: join,
        paint: { "line-color": TONE.bed, "line-width": width(2.4, null), "line-offset": offset },
      },
      {
        id: "queue-glow", type: "line", source: MARKS, layout: join,
        paint: {
          "line-color": TONE.edge,
          "line-blur": 6,
          "line-offset": offset,
          "line-opacity": [
            "case",
            ["boolean", ["get", "root"], false], 0.75,
            ["boolean", ["get", "queue"], false], 0.45,
            0,
          ],
          "line-width": width(13, MARK_GROWN),
        },
      },
      {
        id: LEVEL_LAYER, type: "line", source: SOURCE, layout: join,
        paint: {
          "line-color": colour, "line-opacity": certainty,
          "line-width": width(0, GROWN), "line-offset": offset,
        },
      },
      {
        // Congestion again on top, so that no free crossing street hides it.
        id: CONGESTED_LAYER, type: "line", source: SOURCE, layout: join,
        paint: {
          "line-color": colour,
          "line-opacity": dimmed(false)[CONGESTED_LAYER] ?? 1,
          "line-width": width(0, GROWN), "line-offset": offset,
        },
      },
      {
        // Both sides of the chosen queue, from its head to its tails.
        id: "queue-outline", type: "line", source: MARKS, layout: join,
        paint: {
          "line-color": TONE.edge,
          "line-opacity": [
            "case",
            ["boolean", ["get", "root"], false], 1,
            ["boolean", ["get", "queue"], false], 0.9,
            0,
          ],
          "line-width": 1.6, "line-gap-width": width(2.5, MARK_GROWN), "line-offset": offset,
        },
      },
      {
        id: "detour", type: "line", source: MARKS,
        paint: {
          "line-color": "#b7f0a0",
          "line-dasharray": [2, 1.5],
          "line-opacity": ["case", ["boolean", ["get", "detour"], false], 0.95, 0],
          "line-width": 3, "line-offset": offset,
        },
      },
      {
        id: "patrol-way", type: "line", source: MARKS, layout: join,
        paint: {
          "line-color": "#7cc4ff",
          "line-opacity": ["case", ["boolean", ["get", "way"], false], 0.95, 0],
          "line-width": 3, "line-offset": offset,
        },
      },
      {
        id: "segment-hover", type: "line", source: MARKS, layout: join,
        paint: {
          "line-color": TONE.edge,
          "line-opacity": [
            "case",
            ["boolean", ["get", "hover"], false], 0.9,
            ["boolean", ["get", "found"], false], 0.6,
            0,
          ],
          "line-width": width(1.5, MARK_GROWN), "line-offset": offset,
        },
      },
      {
        id: "road-names", type: "symbol", source: "names", minzoom: 12.4,
        layout: {
          "symbol-placement": "line",
          "symbol-spacing": 420,
          "symbol-sort-key": ["get", "rank"],
          "text-field": ["get", "name"],
          "text-font": FONT,
          "text-size": ["interpolate", ["linear"], ["zoom"], 12.4, 11 * scale, 16, 15 * scale],
          "text-letter-spacing": 0.06,
          "text-max-angle": 38,
          "text-padding": 6,
        },
        paint: {
          "text-color": TONE.name,
          "text-halo-color": BACKGROUND,
          "text-halo-width": 2,
          "text-opacity": ["match", ["get", "rank"], [0, 1], 1, 0.75],
        },
      },
    ],
  };
}
