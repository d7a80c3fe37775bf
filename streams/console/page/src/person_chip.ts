import type { Person } from "./contract";
import { el } from "./dom";
import { say } from "./words/say";
import { serverWords } from "./words/refusals";

/** Says who is at the page and what they may. */
export class PersonChip {
  constructor(person: Person, container: HTMLElement) {
    const [name, what] = person.is_demo
      ? [say("person.demo"), say("person.demoWhat")]
      : [person.name ?? say("person.nobody"), person.why_read_only ? say("person.lookOnly") : say(`role.${person.role}`)];
    if (person.name !== null && !person.is_demo) {
      const out = el("button", { type: "button", class: "quiet-button" }, say("person.logOut"));
      out.addEventListener("click", () => void logOut());
      container.after(out);
    }
    container.title = serverWords(person.why_read_only ?? "") || person.units.join(", ");
    container.replaceChildren(el("b", {}, name), what);
  }
}

async function logOut(): Promise<void> {
  await fetch("/api/logout", { method: "POST" });
  location.assign("/login");
}
