import { expect, test } from "vitest";

import { CHANGE_COLOURS, PALETTES } from "./palettes";

type Triple = readonly [number, number, number];
const times = (rows: readonly Triple[], [x, y, z]: Triple): Triple =>
  rows.map(([a, b, c]) => a * x + b * y + c * z) as unknown as Triple;

// Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
const SIGHTS: Record<string, Triple[]> = {
  usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
};

function linear(hex: string): Triple {
  const part = (at: number): number => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [part(1), part(3), part(5)];
}

// Ottosson 2020.
function oklab(rgb: Triple): Triple {
  const cones = times([
    [0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
  ], rgb.map((value) => Math.min(1, Math.max(0, value))) as unknown as Triple);
  return times([
    [0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.808675766],
  ], cones.map(Math.cbrt) as unknown as Triple);
}

function nearest(colours: readonly string[], sight: Triple[]): number {
  const seen = colours.map((one) => oklab(times(sight, linear(one))));
  return Math.min(...seen.flatMap((a, i) => seen.slice(i + 1).map((b) =>
    100 * Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]))));
}

test.each([["clearway", 14], ["chinese", 12]] as const)(
  "the levels of the scale %s are told apart, by colour-blind people too", (name, least) => {
    for (const sight of Object.values(SIGHTS)) expect(nearest(PALETTES[name], sight)).toBeGreaterThan(least);
  });

test.each(["dark", "light"] as const)("slower and faster are told apart on the %s map, by colour-blind people too", (name) => {
  for (const sight of Object.values(SIGHTS)) expect(nearest(CHANGE_COLOURS[name], sight)).toBeGreaterThan(12);
});

test("the measure itself finds colours that are not told apart", () => {
  expect(nearest(["#4d8a2f", "#a0691f"], SIGHTS["deuteranopia"] ?? [])).toBeLessThan(10);
});
