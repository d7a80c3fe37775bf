import { el } from "../dom";
import { keepInUrl, urlValue } from "../url_state";
import { say } from "../words/say";
import type { MapLayer } from "./map_layer";

const USUAL = "patrols";
const isSmall = (): boolean => matchMedia("(max-width: 60rem)").matches;

/** The boxes of all layers, each with the key of its signs while it is shown; the address keeps which are. */
export class LayerMenu {
  private readonly shown: Set<string>;
  private readonly title = el("summary", { class: "quiet-button" });
  private readonly menu: HTMLDetailsElement;

  constructor(layers: readonly MapLayer[], container: HTMLElement) {
    const known = new Set(layers.map(({ name }) => name));
    this.shown = new Set((urlValue("layers") ?? USUAL).split(" ").filter((name) => known.has(name)));
    this.menu = el("details", { class: "layer-menu" }, this.title,
      el("div", { class: "layer-list" }, ...layers.map((layer) => this.part(layer))));
    this.menu.open = [...this.shown].some((name) => name !== USUAL) && !isSmall();
    this.menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.menu.open) return;
      event.stopPropagation(); // it closes this alone
      this.menu.open = false;
      this.title.focus();
    });
    this.menu.addEventListener("click", (event) => {
      const isThing = event.target instanceof Element && event.target.closest(".layer-things button") !== null;
      if (!isThing || !isSmall()) return;
      this.menu.open = false; // it covers the map, and with it the card
      this.title.focus();
    });
    container.append(this.menu);
    for (const layer of layers) this.show(layer);
  }

  private part(layer: MapLayer): HTMLElement {
    const input = el("input", { type: "checkbox", name: layer.name, checked: this.shown.has(layer.name) });
    input.addEventListener("change", () => {
      if (input.checked) this.shown.add(layer.name);
      else this.shown.delete(layer.name);
      keepInUrl("layers", [...this.shown].join(" "), USUAL);
      this.show(layer);
    });
    return el("section", { class: "layer", "data-layer": layer.name }, el("label", {}, input, layer.title), layer.key);
  }

  private show(layer: MapLayer): void {
    const isShown = this.shown.has(layer.name);
    layer.key.hidden = !isShown;
    layer.show(isShown);
    const { size } = this.shown;
    this.title.textContent = size ? say("layers.menuOf", { n: size }) : say("layers.menu");
  }
}
