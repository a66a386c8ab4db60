// Eight colours that stand out (contrast >= 3) on white and on JupyterLab's dark background alike; the first six stay apart for people
// with colour-vision deficiency. tests/lib/report/palette.test.ts measures both. Marks and dashes differ too: colour is never the only cue.

export const PALETTE: readonly string[] = [
  "#2f7fd1",
  "#d9661f",
  "#17967a",
  "#c05aa8",
  "#8c5138",
  "#4d6666",
  "#7a6fe0",
  "#8c7a12",
];
export const DASHES: readonly string[] = ["", "7 4", "2 3", "9 3 2 3", "5 2", "12 4", "1 4", "4 4"];

/** Readable on white and on black: for figures whose background we do not know (Plotly's JSON in other front ends). */
export const NEUTRAL_TEXT = "#76808a";
export const NEUTRAL_GRID = "rgba(128,128,128,0.22)";

export function colourOf(index: number): string {
  return PALETTE[index % PALETTE.length] ?? NEUTRAL_TEXT;
}

/** @example withAlpha("#2f7fd1", 0.5) // "rgba(47,127,209,0.5)" */
export function withAlpha(hex: string, alpha: number): string {
  const n = Number.parseInt(hex.slice(1), 16);
  return `rgba(${n >> 16},${(n >> 8) & 255},${n & 255},${alpha})`;
}
