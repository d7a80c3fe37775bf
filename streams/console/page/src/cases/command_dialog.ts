import type { Alert, Offer } from "../contract";
import { el } from "../dom";
import { placeOf } from "../levels";
import type { Store } from "../store";
import { type Field, fieldNames, fieldOf, planField } from "./command_fields";
import type { Fields } from "./commands";
import { serverWords } from "../words/refusals";
import { say, sayNamed } from "../words/say";

/** Ask what a command needs; null where the operator thinks better of it. */
export function askFor(offer: Offer, alert: Alert, store: Store, plan: string | null): Promise<Fields | null> {
  const fields = fieldNames(offer)
    .map((name) => (name === "plan" ? planField(plan) : fieldOf(name, offer, alert, store)))
    .filter((field) => field !== null);
  return fields.length ? ask(offer, placeOf(alert), fields) : Promise.resolve({});
}

/** Ask with these fields; `place` says what it is about. */
export function ask(offer: Offer, place: string, fields: Field[]): Promise<Fields | null> {
  const title = sayNamed("action", offer.action);
  const complaint = el("p", { class: "complaint", role: "alert" });
  const cancel = el("button", { type: "button", class: "quiet-button" }, say("pick.cancel"));
  const form = el("form", { method: "dialog", novalidate: true },
    el("h2", { id: "dialog-title" }, title),
    el("p", { class: "sub" }, place),
    offer.because ? el("p", { class: "because" }, say("form.because", { why: serverWords(offer.because) })) : null,
    ...fields.map((field) => field.node),
    complaint,
    el("div", { class: "dialog-foot" }, cancel,
      el("button", { type: "submit", class: "strong-button" }, title)));
  const dialog = el("dialog", { class: "dialog", "aria-labelledby": "dialog-title" }, form);
  document.body.append(dialog);
  return new Promise((done) => {
    let given: Fields | null = null;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const told = Object.assign({}, ...fields.map((field) => field.value())) as Fields;
      const lacking = whatLacks(offer, told);
      complaint.textContent = lacking;
      if (lacking) return;
      given = told;
      dialog.close();
    });
    cancel.addEventListener("click", () => dialog.close());
    // Escape is the dialog's own here: it must not also leave the case.
    dialog.addEventListener("keydown", (event) => event.stopPropagation());
    dialog.addEventListener("close", () => {
      dialog.remove();
      done(given);
    });
    dialog.showModal();
  });
}

function whatLacks(offer: Offer, told: Fields): string {
  const missing = offer.needs.filter((name) => told[name] === undefined);
  const names = (those: string[]): string[] => those.map((name) => sayNamed("need", name));
  if (missing.length) return say("form.say", { what: joined(names(missing), "list.and") });
  const hasOne = !offer.needs_any.length || offer.needs_any.some((name) => told[name] !== undefined);
  return hasOne ? "" : say("form.say", { what: joined(names(offer.needs_any), "list.or") });
}

const joined = (names: string[], word: "list.and" | "list.or"): string =>
  names.reduce((before, name) => say(word, { a: before, b: name }));
