// Matrix products: which shader a shape gets, and its launch. What follows a product (bias, residual, activation) is done before it is written, in the same launch.
import type { Activation } from "../../../ops/activation.ts";
import * as tf from "../../../tf.ts";
import type { TensorInfo } from "../../../tf.ts";
import type { WebgpuBackend } from "../../backend.ts";
import { launch } from "../../launch.ts";
import type { Shader } from "../../launch.ts";
import type { Form } from "./form.ts";
import { THIN, thin } from "./thin.ts";
import { DEPTH, columnsOf, joined, rowsOf, tiled } from "./tiled.ts";
import type { Tile } from "./tiled.ts";

export interface Operands {
  /** [..., M, K], or transposed; its first dimensions broadcast against b's. */
  readonly a: TensorInfo;
  /** [..., K, N], or transposed. */
  readonly b: TensorInfo;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** [N] */
  readonly bias?: TensorInfo | undefined;
  /** As the result: added to it. */
  readonly plus?: TensorInfo | undefined;
  readonly activation?: Activation;
  readonly gated?: boolean;
}

const LARGE: Tile = { across: 16, down: 16, columns: 2, rows: 2 };
const MIDDLE: Tile = { across: 8, down: 8, columns: 2, rows: 2 };
const SMALL: Tile = { across: 8, down: 8, columns: 1, rows: 1 };
const SMALL_GATED: Tile = { across: 8, down: 8, columns: 2, rows: 1 };
/** Groups that keep a large card's processors busy. */
const MANY = 128;
/** A product that is deep and gives few groups is made in parts of at least this depth. */
const PART = 256;
/** Rows up to which B is rather read again than tiles filled with nothing. (At 64 rows it took a processor six times as long as small tiles.) */
const FEW_ROWS = 16;

interface Sizes {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly batches: number;
}

export type Plan = { readonly kind: "thin" } | { readonly kind: "tiled"; readonly tile: Tile; readonly parts: number };

/** What a shape gets. */
function planOf({ M, N, K, batches }: Sizes, transposeA: boolean, gated: boolean): Plan {
  if (!transposeA && M <= FEW_ROWS) return { kind: "thin" };
  const groups = (tile: Tile) => batches * Math.ceil(M / rowsOf(tile)) * Math.ceil(N / columnsOf(tile));
  const fits = (tile: Tile) => M > rowsOf(tile) / 2 && N > columnsOf(tile) / 2 && groups(tile) >= MANY;
  const tile = [LARGE, MIDDLE].find(fits) ?? (gated ? SMALL_GATED : SMALL);
  const parts = Math.min(Math.floor(K / PART), Math.ceil(MANY / groups(tile)));
  return { kind: "tiled", tile, parts: groups(tile) < MANY / 2 ? Math.max(1, parts) : 1 };
}

/**
 * @param plan for tests, which take each
 * @returns the product, and what the activation makes of it where there is one
 */
export function multiply(
  backend: WebgpuBackend,
  operands: Operands,
  plan?: Plan,
): readonly [product: TensorInfo, active?: TensorInfo] {
  const { transposeA = false, transposeB = false, bias, plus, activation, gated = false } = operands;
  const spread = broadcast(backend, operands.a, operands.b);
  const { a, b, outer } = spread;
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const K = transposeA ? rowsA : columnsA;
  const N = transposeB ? rowsB : columnsB;
  const rows = transposeA ? columnsA : rowsA;
  const batchA = tf.util.sizeFromShape(a.shape.slice(0, -2));
  const batchB = tf.util.sizeFromShape(b.shape.slice(0, -2));
  // Matrices of a batch that share B are one matrix of more rows.
  const folded = batchB === 1 && !transposeA;
  const M = folded ? batchA * rows : rows;
  const batches = folded ? 1 : Math.max(batchA, batchB);
  const width = gated ? N / 2 : N;
  const form: Form = {
    transposeA,
    transposeB,
    quads: { a: columnsA % 4 === 0, b: columnsB % 4 === 0, c: width % 4 === 0 },
    bias: bias !== undefined,
    plus: plus !== undefined,
    activation,
    gated,
  };
  const product = backend.makeTensorInfo([...outer, rows, N], "float32");
  const active = activation && backend.makeTensorInfo([...outer, rows, width], "float32");
  const results = active ? [product, active] : [product];
  const added = [bias, plus].filter((tensor) => tensor !== undefined);
  const steps = [batchA > 1 && !folded ? rowsA * columnsA : 0, batchB > 1 ? rowsB * columnsB : 0];
  const run = (
    shader: Shader,
    into: readonly TensorInfo[],
    from: readonly TensorInfo[],
    groups: number,
    end: number[],
  ) => launch(backend, shader, { results: into, inputs: from, scalars: end, groups });
  const chosen = plan ?? planOf({ M, N, K, batches }, transposeA, gated);
  if (chosen.kind === "thin") {
    const groups = batches * Math.ceil(M / THIN.rows) * Math.ceil(width / THIN.columns);
    run(thin(form), results, [a, b, ...added], groups, [M, N, K, ...steps, 1, K]);
  } else {
    const { tile, parts } = chosen;
    const half = backend.device.features.has("shader-f16");
    const groups = batches * Math.ceil(M / rowsOf(tile)) * Math.ceil(N / columnsOf(tile));
    const depth = Math.ceil(K / parts / DEPTH) * DEPTH;
    if (parts === 1)
      run(tiled(form, tile, false, half), results, [a, b, ...added], groups, [M, N, K, ...steps, 1, depth]);
    else {
      const sums = backend.makeTensorInfo([parts, batches, M, N], "float32");
      run(tiled(form, tile, true, half), [sums], [a, b], groups * parts, [M, N, K, ...steps, parts, depth]);
      const all = batches * M;
      const lanes = all * Math.ceil(width / 4);
      run(joined(form), results, [sums, ...added], Math.ceil(lanes / 64), [all, N, K, 0, 0, parts, all * N]);
      backend.disposeData(sums.dataId);
    }
  }
  for (const { dataId } of spread.made) backend.disposeData(dataId);
  return active ? [product, active] : [product];
}

/** Both with as many matrices as the result has, or with one for all. */
function broadcast(backend: WebgpuBackend, a: TensorInfo, b: TensorInfo) {
  const outer = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const count = tf.util.sizeFromShape(outer);
  const made: TensorInfo[] = [];
  const whole = (x: TensorInfo): TensorInfo => {
    const own = x.shape.slice(0, -2);
    const size = tf.util.sizeFromShape(own);
    if (size === 1 || size === count) return x;
    const shape = [...Array<number>(outer.length - own.length).fill(1), ...x.shape];
    const reps = shape.map((length, i) => (i < outer.length ? (outer[i] as number) / length : 1));
    const { kernelFunc } = tf.getKernel("Tile", "webgpu");
    const tile = kernelFunc({ inputs: { x: { ...x, shape } }, attrs: { reps }, backend }) as TensorInfo;
    made.push(tile);
    return tile;
  };
  return { a: whole(a), b: whole(b), outer, made };
}
