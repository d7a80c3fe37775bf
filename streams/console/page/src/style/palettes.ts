import { spoken } from "../words/say";

/** The colours of levels 0 to 5, by scale. */
export const PALETTES = {
  // At least 14 units of OKLab distance (x100) between any two, also as people without green or red
  // cones see them (Machado et al. 2009).
  clearway: ["#2f6690", "#4f9d9f", "#efe9a6", "#f0921f", "#cf2d2d", "#f4b6ff"],
  // Green, yellow, red, dark red as on Chinese road maps; at least 12 units, which so narrow a choice
  // of hues leaves.
  chinese: ["#357e66", "#b6ce86", "#fff795", "#e08724", "#e1061e", "#771e3e"],
} as const;

/** Much slower, slower, as fast, faster, much faster than at another moment: told apart as the levels are. */
export const CHANGE_COLOURS = {
  dark: ["#ff8a1f", "#b8672a", "#5d6a76", "#4a86c8", "#7fd0ff"],
  light: ["#9c3a00", "#e8933f", "#b4bdc4", "#4f90d6", "#0a3f8c"],
} as const;

export type Palette = keyof typeof PALETTES;
export type Theme = "dark" | "light";

const PALETTE_AS = "clearway-colours";
const THEME_AS = "clearway-theme";

const kept = (name: string): string | null => (typeof localStorage === "undefined" ? null : localStorage.getItem(name));

/** The scale that was chosen here; without a choice that of the language. */
export function palette(): Palette {
  const name = kept(PALETTE_AS);
  return name === "clearway" || name === "chinese" ? name : spoken() === "zh" ? "chinese" : "clearway";
}

/** Dark, as rooms with walls of screens are, unless light was chosen here. */
export const theme = (): Theme => (kept(THEME_AS) === "light" ? "light" : "dark");

export const keepPalette = (name: Palette): void => localStorage.setItem(PALETTE_AS, name);
export const keepTheme = (name: Theme): void => localStorage.setItem(THEME_AS, name);

/** Put theme and scale on the page. */
export function paintPage(): void {
  const root = document.documentElement;
  root.dataset["theme"] = theme();
  CHANGE_COLOURS[theme()].forEach((colour, index) => root.style.setProperty(`--change-${index}`, colour));
  PALETTES[palette()].forEach((colour, level) => root.style.setProperty(`--level-${level}`, colour));
}
