import type { Map as MapLibre } from "maplibre-gl";

import { el } from "../dom";
import { say } from "../words/say";

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** Say on the map that it is drawn without a graphics card, where that is so: it is slow then.
 *
 * It stands among the controls of the map, which make room for each other. */
export function tellSoftware(map: MapLibre): void {
  const context = map.getCanvas().getContext("webgl2");
  const info = context?.getExtension("WEBGL_debug_renderer_info");
  const name = String(info ? context?.getParameter(info.UNMASKED_RENDERER_WEBGL) : "");
  if (!SOFTWARE.test(name)) return;
  const note = el("p", { class: "maplibregl-ctrl software", title: name }, say("map.software"));
  map.addControl({ onAdd: () => note, onRemove: () => note.remove() }, "bottom-right");
}
