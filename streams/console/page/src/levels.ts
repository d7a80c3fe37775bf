/** One traffic level: a short word, its meaning, and its colour on the dark map. */
export interface Level {
  word: string;
  meaning: string;
  colour: string;
}

// The colours keep at least 14 units of OKLab distance (x100) under simulated deuteranopia and
// protanopia, and the drawn width grows with the level, so colour never stands alone.
export const LEVELS: readonly Level[] = [
  { word: "Free", meaning: "at or near free-flow speed", colour: "#2f6690" },
  { word: "Light", meaning: "a little below free flow", colour: "#4f9d9f" },
  { word: "Slow", meaning: "noticeably below free flow", colour: "#efe9a6" },
  { word: "Dense", meaning: "about half of free flow or less", colour: "#f0921f" },
  { word: "Jammed", meaning: "stop and go", colour: "#cf2d2d" },
  { word: "Blocked", meaning: "hardly moving at all", colour: "#f4b6ff" },
];

export const UNKNOWN_COLOUR = "#2f4153";

export const QUALITY_WORDS: Record<string, string> = {
  observed: "measured",
  fused: "measured by several sources",
  filled: "filled in from neighbours",
  historic: "usual value, not measured now",
  unknown: "not known: its sensors are not believed",
};

export const SEVERITY_WORDS = ["", "Minor", "Moderate", "Major", "Critical"] as const;

export const CAUSE_WORDS: Record<string, string> = {
  incident: "Incident",
  spillback: "Spillback",
  signal: "Signal",
  demand: "Demand",
  bus_stop: "Bus stop",
  illegal_parking: "Illegal parking",
  work_zone: "Work zone",
  weather: "Weather",
  event: "Event",
  detector_fault: "Detector fault",
  unclassified: "Cause unknown",
};

export const STATE_WORDS: Record<string, string> = {
  open: "Open",
  updated: "Open",
  acknowledged: "Acknowledged",
  dispatched: "Dispatched",
  arrived: "On scene",
  clearing: "Clearing",
  cleared: "Cleared",
  verified: "Verified",
  closed: "Closed",
  dismissed: "Dismissed",
  merged: "Merged",
};

const OVER = new Set(["cleared", "verified", "closed", "dismissed", "merged"]);

/** Whether nothing more has to be done about an alert in this state. */
export function isOver(state: string): boolean {
  return OVER.has(state);
}
