import { expect, test } from "vitest";
import { PALETTE } from "../../../lib/report/chart/palette.ts";

type Rgb = readonly [number, number, number];
const linear = (hex: string): Rgb => {
  const at = (i: number): number => {
    const c = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return [at(1), at(3), at(5)];
};
const luminance = ([r, g, b]: Rgb): number => 0.2126 * r + 0.7152 * g + 0.0722 * b;
const contrast = (a: string, b: string): number => {
  const [x, y] = [luminance(linear(a)), luminance(linear(b))];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
};

/** Machado, Oliveira & Fernandes 2009, severity 1. */
const DEFICIENCIES: Readonly<Record<string, readonly Rgb[]>> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
};
const seen = (m: readonly Rgb[], c: Rgb): Rgb => {
  const row = (r: Rgb): number => Math.min(1, Math.max(0, r[0] * c[0] + r[1] * c[1] + r[2] * c[2]));
  return [row(m[0] ?? c), row(m[1] ?? c), row(m[2] ?? c)];
};
/** Björn Ottosson's OKLab: distances are near perceptual ones; 0.02 is just noticeable. */
const oklab = ([r, g, b]: Rgb): Rgb => {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
};
const distance = (a: Rgb, b: Rgb): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

test("every colour has a contrast of at least 3 on white and on JupyterLab's dark background", () => {
  for (const colour of PALETTE) {
    expect(contrast(colour, "#ffffff"), `${colour} on white`).toBeGreaterThanOrEqual(3);
    expect(contrast(colour, "#111111"), `${colour} on dark`).toBeGreaterThanOrEqual(3);
  }
});

test("the first six colours stay at least 0.06 apart in OKLab for normal, protan and deutan sight", () => {
  const near: string[] = [];
  for (const [name, matrix] of Object.entries(DEFICIENCIES)) {
    const colours = PALETTE.slice(0, 6).map((c) => ({ c, lab: oklab(seen(matrix, linear(c))) }));
    colours.forEach((a, i) =>
      colours
        .slice(i + 1)
        .forEach(
          (b) =>
            distance(a.lab, b.lab) < 0.06 && near.push(`${name} ${a.c} ${b.c} ${distance(a.lab, b.lab).toFixed(3)}`),
        ),
    );
  }
  expect(near).toEqual([]);
});
