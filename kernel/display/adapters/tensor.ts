// tf.Tensor: shape, type and statistics; the values themselves when they are few. Reading waits for the engine, so large tensors
// that live on another device are not read.
import { hasCode } from "../../../lib/core/errors.ts";
import type { MimeBundle } from "../../../lib/core/host.ts";

interface TensorLike {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly size: number;
  readonly rank: number;
  readonly isDisposed: boolean;
  readonly dataId: object;
  dataSync(): ArrayLike<number | string>;
  arraySync(): unknown;
}

/** Values read to show a tensor: 1 M take about 5 ms. */
const MAX_READ = 2 ** 20;
const MAX_SHOWN = 64;

function isTensor(value: object): value is TensorLike {
  const { shape, dtype, dataId, dataSync, arraySync } = value as Partial<TensorLike>;
  return (
    Array.isArray(shape) &&
    typeof dtype === "string" &&
    typeof dataId === "object" &&
    typeof dataSync === "function" &&
    typeof arraySync === "function"
  );
}

export function tensorBundleOf(value: object): MimeBundle | undefined {
  if (!isTensor(value)) return undefined;
  const { shape, dtype, size } = value;
  const head = `Tensor ${dtype} [${shape.join(", ")}]`;
  if (value.isDisposed) return { "text/plain": `${head}, disposed` };
  if (size > MAX_READ) return { "text/plain": `${head}, ${size.toLocaleString("en")} values` };
  const data = valuesOf(value);
  if (!data) return { "text/plain": `${head}, on the GPU: await its data()` };
  const lines = [head];
  if (dtype !== "string" && size > 1) lines.push(statistics(data as ArrayLike<number>));
  if (size <= MAX_SHOWN) lines.push(nested(value.arraySync()));
  return { "text/plain": lines.join("\n") };
}

/** @returns undefined where they lie on a device that gives nothing back at once */
function valuesOf(value: TensorLike): ArrayLike<number | string> | undefined {
  try {
    return value.dataSync();
  } catch (error) {
    if (hasCode(error, "READ_MUST_WAIT")) return undefined;
    throw error;
  }
}

function statistics(data: ArrayLike<number>): string {
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  let squares = 0;
  let finite = 0;
  for (let i = 0; i < data.length; i++) {
    const x = data[i]!;
    if (!Number.isFinite(x)) continue;
    finite++;
    min = Math.min(min, x);
    max = Math.max(max, x);
    sum += x;
    squares += x * x;
  }
  const odd = data.length - finite;
  if (finite === 0) return `${odd} values, none finite`;
  const mean = sum / finite;
  const deviation = Math.sqrt(Math.max(0, squares / finite - mean * mean));
  return `min ${short(min)}  mean ${short(mean)}  max ${short(max)}  standard deviation ${short(deviation)}${odd > 0 ? `  (${odd} not finite)` : ""}`;
}

function short(x: number): string {
  return Number.isInteger(x) && Math.abs(x) < 1e6 ? String(x) : x.toPrecision(4);
}

function nested(value: unknown, indent = ""): string {
  if (!Array.isArray(value)) return typeof value === "number" ? short(value) : JSON.stringify(value);
  if (!value.some(Array.isArray)) return `[${value.map((x) => nested(x)).join(", ")}]`;
  return `[${value.map((x) => nested(x, `${indent} `)).join(`,\n${indent} `)}]`;
}
