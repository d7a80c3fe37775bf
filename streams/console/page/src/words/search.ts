/** The words of the search: English, then Chinese. */
export const SEARCH = {
  "search.label": ["Search for a road, crossing, segment, alert or camera ( / )", "搜索道路、路口、路段、警情或摄像机（/ 键）"],
  "search.place": ["Search", "搜索"],
  "search.nothing": ["Nothing is called so.", "没有找到。"],
  "search.lost": ["No answer.", "没有应答。"],
  "found.alert": ["alert", "警情"],
  "found.road": ["road", "道路"],
  "found.crossing": ["crossing", "路口"],
  "found.camera": ["camera", "摄像机"],
  "found.segment": ["segment", "路段"],
} as const;
