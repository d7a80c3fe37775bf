import type { Map as MapLibre } from "maplibre-gl";

import { svg } from "../dom";
import { screenScale } from "../map/road_style";
import { type Theme, theme } from "../style/palettes";

interface Sign {
  /** In a box of 24 by 24. */
  path: string;
  isHollow?: boolean;
  colour: Record<Theme, string>;
}

const DIAMOND = "M12 2L22 12L12 22L2 12Z";
const STAR = "M12 2L14.900 8.800L22.300 9.500L16.700 14.300L18.400 21.500L12 17.700L5.600 21.500L7.300 14.300L1.700 9.500L9.100 8.800Z";
const GREY = { dark: "#b9c6d2", light: "#4b5a67" } as const;
const ORANGE = { dark: "#ff9d3b", light: "#a84300" } as const;

/** What stands for what: each differs from the others by its form, and not by its colour alone. */
export const SIGNS = {
  "work-now": { path: DIAMOND, colour: ORANGE },
  "work-soon": { path: DIAMOND, isHollow: true, colour: ORANGE },
  "event-now": { path: STAR, colour: ORANGE },
  "event-soon": { path: STAR, isHollow: true, colour: ORANGE },
  "detector-sound": { path: "M12 6A6 6 0 1 0 12 18A6 6 0 1 0 12 6Z", colour: { dark: "#e8eff5", light: "#26323b" } },
  "detector-faulty": { path: "M12 3L22 21H2Z", colour: { dark: "#ff6b5e", light: "#b3261e" } },
  "detector-silent": { path: "M4 4H20V20H4Z", isHollow: true, colour: { dark: "#f5c94a", light: "#7a5a00" } },
  "detector-never": { path: "M12 4A8 8 0 1 0 12 20A8 8 0 1 0 12 4Z", isHollow: true, colour: GREY },
  "detector-unplaced": { path: "M4 4L20 20M20 4L4 20", colour: { dark: "#c9a8ff", light: "#5a3fc0" } },
  "detector-unknown": { path: "M12 6L18 12L12 18L6 12Z", isHollow: true, colour: GREY },
  "vehicle-bus": { path: "M12 1L20 9V22H4V9Z", colour: { dark: "#7cc4ff", light: "#0a5fa8" } },
  "vehicle-taxi": { path: "M12 2L21 21L12 16L3 21Z", colour: { dark: "#ffd84a", light: "#7a5a00" } },
} as const satisfies Record<string, Sign>;

export type SignName = keyof typeof SIGNS;

const HALO: Record<Theme, string> = { dark: "#0a1017", light: "#ffffff" };
const SIZE = 24;

/** A sign as it stands in a key. */
export function signIcon(name: SignName): SVGElement {
  const sign: Sign = SIGNS[name];
  const colour = sign.colour[theme()];
  return svg("svg", { viewBox: "0 0 24 24", class: "sign", "aria-hidden": "true" },
    svg("path", { d: sign.path, fill: sign.isHollow ? HALO[theme()] : colour, stroke: colour, "stroke-width": 3, "stroke-linejoin": "round" }));
}

/** Give the map the signs that a layer draws. */
export function addSigns(map: MapLibre, names: readonly SignName[]): void {
  const ratio = screenScale() * Math.max(1, window.devicePixelRatio);
  const pixels = Math.round(SIZE * ratio);
  for (const name of names) {
    const canvas = new OffscreenCanvas(pixels, pixels);
    const pen = canvas.getContext("2d");
    if (!pen || map.hasImage(name)) continue;
    const sign: Sign = SIGNS[name];
    const path = new Path2D(sign.path);
    pen.scale((pixels / SIZE) * 0.86, (pixels / SIZE) * 0.86);
    pen.translate(SIZE * 0.08, SIZE * 0.08);
    pen.lineJoin = "round";
    for (const [colour, width] of [[HALO[theme()], 5.5], [sign.colour[theme()], 2.5]] as const) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.stroke(path);
    }
    pen.fillStyle = sign.isHollow ? HALO[theme()] : sign.colour[theme()];
    pen.fill(path);
    if (sign.isHollow) pen.stroke(path);
    map.addImage(name, pen.getImageData(0, 0, pixels, pixels), { pixelRatio: Math.max(1, window.devicePixelRatio) });
  }
}
