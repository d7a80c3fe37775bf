/** The words of jams that have several alerts: English, then Chinese. */
export const JAMS = {
  "jam.kind": ["Jam", "拥堵区"],
  "jam.roots": ["{n} roots", "{n} 个起点"],
  "jam.rootsOn": ["{count}, also {roads}", "{count}，还有 {roads}"],
  "jam.new": ["{n} new", "{n} 新"],
  "jam.marker": ["Jam of severity {n}, {severity}, {road}, {roots}: open it", "{n} 级{severity}拥堵区，{road}，{roots}：展开"],
  "alerts.activeOnePlace": ["{n} active in one place", "{n} 条未结，同一处"],
  "alerts.activePlaces": ["{n} active in {places} places", "{n} 条未结，{places} 处"],
} as const;
