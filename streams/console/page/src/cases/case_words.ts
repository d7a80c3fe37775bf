import type { CaseEvent } from "../contract";
import { words } from "../format";

/** What a button says. */
export const ACTION_WORDS: Record<string, string> = {
  acknowledge: "Acknowledge",
  confirm: "Confirm",
  dispatch: "Send",
  arrive: "Arrived",
  clearing: "Clearing",
  clear: "Cleared",
  verify: "Traffic as usual",
  close: "Close",
  dismiss: "Dismiss",
  merge: "Merge",
  split: "Split",
  reopen: "Reopen",
  assign: "Assign",
  suppress: "Quiet until",
  lane_impact: "Lanes",
  edit: "Edit",
  publish: "Publish",
  withdraw: "Withdraw",
  comment: "Comment",
};

const DONE_WORDS: Record<string, string> = {
  create: "made this",
  edit: "changed this",
  acknowledge: "acknowledged this",
  confirm: "confirmed this",
  assign: "assigned this",
  arrive: "said they are there",
  clearing: "said they are clearing it",
  clear: "cleared this",
  verify: "said that traffic is as usual",
  close: "closed this",
  dismiss: "dismissed this",
  suppress: "made this quiet",
  split: "split this off",
  reopen: "reopened this",
  comment: "commented",
  publish: "published this",
  withdraw: "withdrew this from the public",
  open: "saw this first",
  seen: "has news",
  seen_again: "sees it again",
  join: "sees it too",
  quiet: "sees no more of it",
  recovered: "is as usual again",
  relapsed: "is no longer as usual",
  disputed: "is not as usual, though somebody said cleared",
  propose: "proposes another patrol",
  escalate: "escalated this",
  expire: "ended its quiet",
};

/** What an event of the log did, as it follows on who did it. */
export function eventWords(event: CaseEvent): string {
  const lanes = event.lane_impact?.map((one) => `lane ${one.lane} ${one.state}`).join(", ");
  switch (event.action) {
    case "dispatch": return `sent ${[event.patrol?.id, event.unit].filter(Boolean).join(", ")}`;
    case "assign": return `assigned this to ${event.unit ?? "nobody"}`;
    case "merge": return `merged this into ${event.into ?? "another"}`;
    case "lane_impact": return `said: ${lanes ?? ""}`;
    case "propose": return event.patrol ? `proposes ${event.patrol.id}` : "has no patrol to propose";
    default: return DONE_WORDS[event.action] ?? words(event.action);
  }
}

/** Whether a person did it, not the detector, the road or the clock. */
export const isOfPeople = (event: CaseEvent): boolean => event.command_id !== undefined;

/** The incident clock's stamps in order. */
export const STAMP_WORDS = {
  t0: "Happened", t1: "Known", t2: "Confirmed", t3: "Sent", t4: "On scene",
  t5: "Lanes open", t6: "All left", t7: "As usual",
} as const;
