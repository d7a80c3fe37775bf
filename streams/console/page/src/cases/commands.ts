import type { CommandResult } from "../contract";

/** What a command says beside its name and its case. */
export type Fields = Record<string, unknown>;

/** A command before it is answered; sent again it stays the same one, and is done once. */
export interface Order extends Fields {
  command_id: string;
  action: string;
  alert_id: string | null;
  expected_version: number | null;
}

/** How it ended: with an answer, or without one after all tries. */
export type Outcome = { result: CommandResult } | { unanswered: string };

const TRIES = 3;
const PATIENCE_MS = 15_000;
const BETWEEN_MS = 1000;

/** Make a command. */
export function order(
  action: string, alertId: string | null, version: number | null, fields: Fields = {},
): Order {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  const id = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return {
    ...fields, command_id: id, action, alert_id: alertId, expected_version: version,
    at: new Date().toISOString(),
  };
}

/** Send a command in somebody's name until it is answered, a few times at most. */
export async function send(command: Order, actor: string): Promise<Outcome> {
  let trouble = "";
  for (let number = 0; number < TRIES; number += 1) {
    if (number > 0) await new Promise((done) => window.setTimeout(done, BETWEEN_MS * number));
    try {
      const response = await fetch("/api/commands", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ ...command, actor }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const answer = (await response.json()) as CommandResult & { error?: string };
      if (answer.error === undefined) return { result: answer };
      trouble = answer.error;
    } catch (error) {
      trouble = error instanceof Error ? error.message : String(error);
    }
  }
  return { unanswered: trouble };
}
