import { BACKGROUND, FONT, screenScale, TONE } from "../map/road_style";

/** How the name of a thing on the map is written, below its place. */
export const nameText = (field: string, size: number): object => ({
  layout: { "text-field": ["get", field], "text-font": FONT, "text-size": size * screenScale(), "text-offset": [0, 1.1] },
  paint: { "text-color": TONE.text, "text-halo-color": BACKGROUND, "text-halo-width": 2 },
});
