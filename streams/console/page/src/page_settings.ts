import { el } from "./dom";
import { keepPalette, keepTheme, palette, theme } from "./style/palettes";
import { keepLanguage, say, spoken, type Word } from "./words/say";

/** The buttons for language, theme and colours; what is chosen is kept in this browser. */
export function pageSettings(): HTMLElement {
  const [light, chinese] = [theme() === "light", palette() === "chinese"];
  return el("div", { class: "page-settings" },
    button("language", "page.language", "page.languageTitle", () => {
      const to = spoken() === "en" ? "zh" : "en";
      keepLanguage(to);
      const url = new URL(location.href);
      url.searchParams.delete("lang"); // what is chosen now counts
      location.replace(url);
    }),
    button("theme", light ? "page.theme.dark" : "page.theme.light", "page.themeTitle", () => {
      keepTheme(light ? "dark" : "light");
      location.reload();
    }),
    button("colours", chinese ? "page.colours.clearway" : "page.colours.chinese", "page.coloursTitle", () => {
      keepPalette(chinese ? "clearway" : "chinese");
      location.reload();
    }),
    el("a", { class: "quiet-button", id: "to-wall", href: "?wall", title: say("page.wallTitle") }, say("page.wall")));
}

function button(id: string, word: Word, title: Word, press: () => void): HTMLElement {
  const one = el("button", { type: "button", class: "quiet-button", id, title: say(title) }, say(word));
  one.addEventListener("click", press);
  return one;
}
