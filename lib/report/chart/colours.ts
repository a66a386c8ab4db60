// From a value to a colour, for heat maps: viridis (perceptually even, also for colour-blind eyes, and the same on light and dark pages);
// around zero the palette's blue and orange through grey.
// Source of viridis: van der Walt and Smith 2015, matplotlib; every eighth of its table.

const VIRIDIS = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"];
const DIVERGING = ["#1f5fa6", "#6ea6de", "#e6e6e6", "#eda06b", "#b5490b"];

export const stopsOf = (diverging: boolean): readonly string[] => (diverging ? DIVERGING : VIRIDIS);

type Rgb = readonly [number, number, number];
const rgbOf = (hex: string): Rgb => {
  const n = Number.parseInt(hex.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
};

/**
 * @param share 0 at the scale's start, 1 at its end
 * @example heatColour(0, false) // "rgb(68,1,84)"
 */
export function heatColour(share: number, diverging: boolean): string {
  return `rgb(${mix(share, diverging).map(Math.round).join(",")})`;
}

function mix(share: number, diverging: boolean): Rgb {
  const stops = stopsOf(diverging);
  const at = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const [a, b] = [rgbOf(stops[Math.floor(at)] as string), rgbOf(stops[Math.ceil(at)] as string)];
  const part = at - Math.floor(at);
  return [0, 1, 2].map((i) => (a[i] as number) + ((b[i] as number) - (a[i] as number)) * part) as unknown as Rgb;
}

/** @returns the text colour that is readable on a cell: near black or white */
export function inkOn(share: number, diverging: boolean): string {
  const [r, g, b] = mix(share, diverging);
  return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#111111" : "#ffffff";
}

/** @returns ends of the colour scale: given, the data's own, or even around 0; never of zero length */
export function heatRange(heat: {
  readonly z: readonly (readonly number[])[];
  readonly diverging?: true;
  readonly range?: readonly [number, number];
}): readonly [number, number] {
  if (heat.range) return heat.range;
  let [low, high] = [Infinity, -Infinity];
  for (const row of heat.z)
    for (const v of row)
      if (Number.isFinite(v)) {
        low = Math.min(low, v);
        high = Math.max(high, v);
      }
  if (low > high) return [0, 1];
  if (heat.diverging) {
    const reach = Math.max(Math.abs(low), Math.abs(high)) || 1;
    return [-reach, reach];
  }
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}
