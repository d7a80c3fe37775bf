/** The words of corridors: English, then Chinese. */
export const CORRIDORS = {
  "corridor.title": ["Corridors", "干线通道"],
  "corridor.alarms": ["{n} over their alarm time", "{n} 条超过报警时间"],
  "corridor.time": ["{n} min", "{n} 分钟"],
  "corridor.usual": ["usual {n}", "平时 {n}"],
  "corridor.free": ["free {n}", "畅通 {n}"],
  "corridor.measured": ["{share} measured", "实测 {share}"],
  "corridor.slowBound": ["slow above {n}", "超过 {n} 为慢"],
  "corridor.alarmBound": ["alarm above {n}", "超过 {n} 报警"],
  "corridor.status.alarm": ["alarm", "报警"],
  "corridor.status.slow": ["slow", "慢"],
  "corridor.status.free": ["as it should be", "正常"],
  "corridor.status.unbounded": ["no bounds", "未设阈值"],
  "corridor.status.unknown": ["not known now", "目前未知"],
  "corridor.show": ["Show {name} on the map", "在地图上显示{name}"],
  "corridor.more": ["and {n} more", "另有 {n} 条"],
} as const;
