// Moving and adding rows of memory: what slicing, splitting, joining, looking up and summing over the first axis come down to. tfjs-backend-wasm does them in
// JavaScript or by way of copies of the whole tensor (a split into 25 weights copied the weights 25 times).
import {
  F32,
  Func,
  I32,
  V128,
  add,
  addF32,
  addV128,
  assemble,
  copyMemory,
  f32,
  functionOf,
  i32,
  less,
  lessUnsigned,
  loadF32,
  loadI32,
  loadV128,
  mul,
  shl,
  storeF32,
  storeV128,
  trap,
  zeroV128,
} from "../assembler.ts";
import type { Local } from "../assembler.ts";

/** All addresses, strides and sizes in bytes, but for counts. */
export type RowFunctions = {
  /** Copies `rows` pieces of `bytes`, each `fromStride` and `toStride` after the one before. */
  readonly copyRows: (
    from: number,
    fromStride: number,
    to: number,
    toStride: number,
    bytes: number,
    rows: number,
  ) => void;
  /** to[i] = from[indices[i]], rows of `bytes`; traps when an index is not in [0, limit). */
  readonly gatherRows: (from: number, bytes: number, limit: number, indices: number, to: number, count: number) => void;
  /** to[indices[i]] = from[i], rows of `bytes`; traps when an index is not in [0, limit). */
  readonly writeRows: (from: number, bytes: number, limit: number, indices: number, to: number, count: number) => void;
  /** to[c] = sum over r of from[r][c], float32. */
  readonly sumColumns: (from: number, rows: number, columns: number, to: number) => void;
};

export function assembleRows(): Uint8Array<ArrayBuffer> {
  const functions = {
    copyRows: copyRows(),
    gatherRows: indexedRows("read"),
    writeRows: indexedRows("write"),
    sumColumns: sumColumns(),
  };
  return assemble(Object.values(functions), functions);
}

function copyRows(): Func {
  const [f, [from, fromStride, to, toStride, bytes, rows]] = functionOf(6);
  const row = f.local(I32);
  f.for(row, i32(0), rows.value, 1, () => {
    f.do(copyMemory(to.value, from.value, bytes.value));
    f.set(from, add(from.value, fromStride.value));
    f.set(to, add(to.value, toStride.value));
  });
  return f;
}

/** One side of the copy is by index, the other one after the other. */
function indexedRows(indexed: "read" | "write"): Func {
  const [f, [from, bytes, limit, indices, to, count]] = functionOf(6);
  const [row, index] = [f.local(I32), f.local(I32)];
  const [chosen, next] = indexed === "read" ? [from, to] : [to, from];
  f.for(row, i32(0), count.value, 1, () => {
    f.set(index, loadI32(add(indices.value, shl(row.value, 2))));
    // Unsigned: a negative index is a large one.
    f.if(
      lessUnsigned(index.value, limit.value),
      () => {},
      () => f.do(trap),
    );
    const place = add(chosen.value, mul(index.value, bytes.value));
    f.do(indexed === "read" ? copyMemory(to.value, place, bytes.value) : copyMemory(place, from.value, bytes.value));
    f.set(next, add(next.value, bytes.value));
  });
  return f;
}

/** Sixteen columns at a time stay in registers while they walk down the rows. */
function sumColumns(): Func {
  const [f, [from, rows, columns, to]] = functionOf(4);
  const [column, row, at, stride] = [f.local(I32), f.local(I32), f.local(I32), f.local(I32)];
  const sums = [0, 1, 2, 3].map(() => f.local(V128));
  const last = f.local(F32);
  f.set(stride, shl(columns.value, 2));
  const block = (vectors: readonly Local[]) => {
    for (const sum of vectors) f.set(sum, zeroV128);
    f.set(at, add(from.value, shl(column.value, 2)));
    f.for(row, i32(0), rows.value, 1, () => {
      vectors.forEach((sum, v) => f.set(sum, addV128(sum.value, loadV128(at.value, v * 16))));
      f.set(at, add(at.value, stride.value));
    });
    vectors.forEach((sum, v) => f.do(storeV128(add(to.value, shl(column.value, 2)), sum.value, v * 16)));
    f.set(column, add(column.value, i32(vectors.length * 4)));
  };
  f.set(column, i32(0));
  f.while(less(add(column.value, i32(15)), columns.value), () => block(sums));
  f.while(less(add(column.value, i32(3)), columns.value), () => block(sums.slice(0, 1)));
  f.while(less(column.value, columns.value), () => {
    f.set(last, f32(0));
    f.set(at, add(from.value, shl(column.value, 2)));
    f.for(row, i32(0), rows.value, 1, () => {
      f.set(last, addF32(last.value, loadF32(at.value)));
      f.set(at, add(at.value, stride.value));
    });
    f.do(storeF32(add(to.value, shl(column.value, 2)), last.value));
    f.set(column, add(column.value, i32(1)));
  });
  return f;
}
