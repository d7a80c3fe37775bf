/** Measures of time and length: English, then Chinese. */
export const UNITS = {
  "unit.seconds": ["{n} s", "{n} 秒"],
  "unit.minutes": ["{n} min", "{n} 分钟"],
  "unit.hours": ["{h} h {m} min", "{h} 小时 {m} 分"],
  "unit.metres": ["{n} m", "{n} 米"],
  "unit.kilometres": ["{n} km", "{n} 公里"],
  "unit.km": ["km", "公里"],
  "unit.kmh": ["km/h", "km/h"],
  "unit.delay": ["{n} veh·h", "{n} 车·时"],
  "unit.rows": ["rows/min", "条/分"],
  "list.and": ["{a} and {b}", "{a}与{b}"],
  "list.or": ["{a} or {b}", "{a}或{b}"],
  "list.comma": [", ", "，"],
  "road.unnamed": ["Unnamed road", "无名道路"],
} as const;
