// The innermost part of the product: one tile of 6 x 8 results stays in registers while it walks down K. The tile's size is what V8's fifteen vector registers on x64 hold: twelve
// accumulators, two vectors of B and one of A.
import {
  F32,
  I32,
  V128,
  add,
  addF32,
  addV128,
  equal,
  functionOf,
  i32,
  less,
  loadF32,
  loadSplat,
  loadV128,
  mul,
  shl,
  storeF32,
  storeV128,
  sub,
  zeroV128,
} from "../assembler.ts";
import type { Code, Func, Local } from "../assembler.ts";

export const ROWS = 6;
export const COLUMNS = 8;
const UNROLL = 4;

export type MultiplyAdd = (a: Code, b: Code, c: Code) => Code;

/**
 * tile(a, strideA, b, c, strideC, depth, width, accumulate, scratch): rows x 8 results of one panel of A and one of B.
 * @param rows   of this tile, at most ROWS: the last rows of a matrix get a function of their own
 * @param packed whether the panel of A is packed, `rows` values for each step along K; otherwise `rows` pointers walk along K in place
 * @param spill  where in scratch memory a tile of fewer than 8 columns is put together
 */
export function tile(rows: number, packed: boolean, multiply: MultiplyAdd, spill: number): Func {
  const [f, [a, strideA, b, c, strideC, depth, width, accumulate, scratch]] = functionOf(9);
  const sums = Array.from({ length: rows }, () => [f.local(V128), f.local(V128)] as const);
  const right = [f.local(V128), f.local(V128)] as const;
  const left = f.local(V128);
  const pointers = packed ? [a] : Array.from({ length: rows }, () => f.local(I32));
  const end = f.local(I32);
  for (const pair of sums) for (const sum of pair) f.set(sum, zeroV128);
  if (!packed)
    pointers.forEach((pointer, row) =>
      f.set(pointer, row === 0 ? a.value : add((pointers[row - 1] as Local).value, strideA.value)),
    );

  const step = (k: number) => {
    right.forEach((half, h) => f.set(half, loadV128(b.value, (k * COLUMNS + h * 4) * 4)));
    sums.forEach((pair, row) => {
      f.set(left, packed ? loadSplat(a.value, (k * rows + row) * 4) : loadSplat((pointers[row] as Local).value, k * 4));
      pair.forEach((sum, h) => f.set(sum, multiply(left.value, (right[h] as Local).value, sum.value)));
    });
  };
  const walk = (steps: number, to: Code) => {
    f.set(end, add(b.value, to));
    f.while(less(b.value, end.value), () => {
      for (let k = 0; k < steps; k++) step(k);
      f.set(b, add(b.value, i32(steps * COLUMNS * 4)));
      for (const pointer of pointers) f.set(pointer, add(pointer.value, i32(steps * 4 * (packed ? rows : 1))));
    });
  };
  const whole = f.local(I32);
  f.set(whole, shl([...depth.value, ...i32(2), 0x76], 7)); // depth / 4 unrolled steps of 4 x 8 floats
  walk(UNROLL, whole.value);
  walk(1, sub(mul(depth.value, i32(COLUMNS * 4)), whole.value));

  f.if(
    equal(width.value, i32(COLUMNS)),
    () => {
      const rowsOf = (write: (sum: Local, h: number) => void) =>
        sums.forEach((pair) => {
          pair.forEach((sum, h) => write(sum, h));
          f.set(c, add(c.value, strideC.value));
        });
      f.if(
        accumulate.value,
        () => rowsOf((sum, h) => f.do(storeV128(c.value, addV128(loadV128(c.value, h * 16), sum.value), h * 16))),
        () => rowsOf((sum, h) => f.do(storeV128(c.value, sum.value, h * 16))),
      );
    },
    () => {
      // The last columns of a row: by way of a whole tile in scratch memory.
      sums.forEach((pair, row) =>
        pair.forEach((sum, h) => f.do(storeV128(scratch.value, sum.value, spill + (row * COLUMNS + h * 4) * 4))),
      );
      const [row, j, from, to, sum] = [f.local(I32), f.local(I32), f.local(I32), f.local(I32), f.local(F32)];
      f.for(row, i32(0), i32(rows), 1, () => {
        f.set(from, add(scratch.value, shl(row.value, 5)));
        f.set(to, c.value);
        f.for(j, i32(0), width.value, 1, () => {
          f.set(sum, loadF32(from.value, spill));
          f.if(accumulate.value, () => f.set(sum, addF32(sum.value, loadF32(to.value))));
          f.do(storeF32(to.value, sum.value));
          f.set(from, add(from.value, i32(4)));
          f.set(to, add(to.value, i32(4)));
        });
        f.set(c, add(c.value, strideC.value));
      });
    },
  );
  return f;
}
