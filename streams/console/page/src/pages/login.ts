import "../style/frame.css";
import "../style/case.css";
import "../style/plain.css";

import { byId } from "../dom";
import { paintPage } from "../style/palettes";
import { dressPage, say } from "../words/say";

/** Where to go after: only a place of this console itself. */
function next(): string {
  const asked = new URLSearchParams(location.search).get("next") ?? "/";
  if (!URL.canParse(asked, location.origin)) return "/";
  const url = new URL(asked, location.origin);
  // The whole address: a path alone may begin with //, which names another host.
  return url.origin === location.origin ? url.href : "/";
}

paintPage();
dressPage();
const form = byId("login") as HTMLFormElement;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void logIn();
});

// Until here a press on Enter would have sent the form by the browser's own way.
form.querySelector("fieldset")?.removeAttribute("disabled");
form.querySelector<HTMLInputElement>("[name=name]")?.focus();

async function logIn(): Promise<void> {
  const said = new FormData(form);
  const complaint = byId("complaint");
  complaint.textContent = "";
  try {
    const response = await fetch("/api/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name: said.get("name"), password: said.get("password") }),
    });
    if (response.ok) return location.replace(next());
    const { error } = (await response.json()) as { error: string };
    complaint.textContent = say("login.refused", { why: error });
  } catch {
    complaint.textContent = say("login.noAnswer");
  }
  form.querySelector<HTMLInputElement>("[name=password]")?.select();
}
