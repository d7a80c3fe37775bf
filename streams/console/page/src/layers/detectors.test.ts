import { expect, test } from "vitest";

import { unsound } from "./detectors";

test("faulty detectors stand before silent ones, and sound ones are in no list", () => {
  const places = {
    detector_id: ["d9", "d2", "d1", "d4", "d0"], longitude: [], latitude: [], bearing_deg: [], segment_id: [],
  };
  const status = ["faulty", "silent", "faulty", "sound", "unknown"] as const;
  expect(unsound(places, { minute: null, status: [...status], fault: {} })).toEqual([2, 0, 1]);
});
