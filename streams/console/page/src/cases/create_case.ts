import type { Person } from "../contract";
import { el } from "../dom";
import type { PlacePicker } from "../map/place_picker";
import type { Selection } from "../selection";
import type { Store } from "../store";
import { ask } from "./command_dialog";
import { causeField, longText, severityField, suggested } from "./command_fields";
import { CommandDesk } from "./command_desk";
import { order } from "./commands";
import { say } from "../words/say";

/** The button for an incident that no sensor saw. */
export class CreateCase {
  private readonly desk: CommandDesk;

  constructor(
    store: Store,
    private readonly selection: Selection,
    private readonly person: Person,
    private readonly picker: PlacePicker,
    container: HTMLElement,
  ) {
    const word = el("p", { class: "create-word", role: "status" });
    this.desk = new CommandDesk(store, person, ({ text, tone }) => {
      word.textContent = tone === "done" ? "" : text;
    });
    if (person.why_read_only !== null) return;
    const button = el("button", { type: "button", class: "quiet-button", id: "create" }, say("action.create"));
    button.addEventListener("click", () => void this.create().finally(() => button.focus()));
    container.append(button, word);
  }

  private async create(): Promise<void> {
    this.selection.choose(null);
    const point = await this.picker.pick(say("action.create"));
    if (!point) return;
    const fields = [
      causeField("incident"), severityField(2), suggested("unit", say("form.unit"), this.person.units, false),
      longText("comment", say("form.comment"), false),
    ];
    const offer = { action: "create", leads_to: "open", needs: [], needs_any: [], reasons: [], because: "" };
    const place = say("form.at", { place: `${point.latitude.toFixed(5)}, ${point.longitude.toFixed(5)}` });
    const told = await ask(offer, place, fields);
    if (!told) return;
    const result = await this.desk.put(order("create", null, null, { ...told, ...point }));
    if (result?.is_accepted && result.alert_id !== null) this.selection.choose(result.alert_id);
  }
}
