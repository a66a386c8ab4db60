// C = A · B for float32 matrices in the engine's own memory, all four transpose variants: the product that tfjs-backend-wasm does slowly
// (1-2 GFLOP/s as soon as it is batched or transposed).
//
// The scheme is the usual one (Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication, 2008): B is copied into panels of 8 columns, a tile of 6 x 8 results
// stays in registers while it walks down K. A is read in place; a transposed A is copied into panels of 6 rows first, because its strided reads fall into few cache sets.
// 6 x 8: twelve accumulators, two vectors of B and one of A are the fifteen registers that V8 has on x64.
//
// Differs from the paper in: no blocking of M, the panels of B (256 x 1024 floats) are what must fit into the second-level cache.
import {
  F32,
  Func,
  I32,
  V128,
  add,
  addF32,
  addV128,
  assemble,
  equal,
  i32,
  least,
  less,
  loadF32,
  loadSplat,
  loadV128,
  mul,
  multiplyAdd,
  relaxedMultiplyAdd,
  shl,
  shuffle,
  storeF32,
  storeV128,
  sub,
  zeroV128,
} from "../assembler.ts";
import type { Code, Local } from "../assembler.ts";

const ROWS = 6;
const COLUMNS = 8;
const DEPTH_BLOCK = 256;
const COLUMN_BLOCK = 1024;
const UNROLL = 4;

/** Bytes of working memory that a call needs: a block of B's panels, one panel of A, one tile. */
export const SCRATCH_BYTES = 4 * (DEPTH_BLOCK * COLUMN_BLOCK + ROWS * DEPTH_BLOCK + ROWS * COLUMNS);
const PANEL_OF_A = 4 * DEPTH_BLOCK * COLUMN_BLOCK;
const TILE = PANEL_OF_A + 4 * ROWS * DEPTH_BLOCK;

type MultiplyAdd = (a: Code, b: Code, c: Code) => Code;

/**
 * @param fused  whether to use relaxed SIMD's fused multiply-add
 * @returns a module that imports env.memory and exports
 *   gemm(a, b, c, M, N, K, transposeA, transposeB, batch, strideA, strideB, strideC, scratch): addresses and strides in bytes, A [M, K] or [K, M], B [K, N] or [N, K], C [M, N], all dense
 */
export function assembleGemm(fused: boolean): Uint8Array<ArrayBuffer> {
  const multiply = fused ? relaxedMultiplyAdd : multiplyAdd;
  // A panel of A is either `rows` pointers walking along K (in place) or packed, `rows` values for each step along K.
  const tiles = [false, true].map((packed) => Array.from({ length: ROWS }, (_, at) => tile(at + 1, packed, multiply)));
  const packs = { b: packB(), bTransposed: packTransposedB(), a: packA() };
  const functions = [...tiles.flat(), packs.b, packs.bTransposed, packs.a];
  const index = (f: Func) => functions.indexOf(f);
  const gemm = driver({
    tile: (rows, packed) => index(tiles[Number(packed)]?.[rows - 1] as Func),
    packB: index(packs.b),
    packTransposedB: index(packs.bTransposed),
    packA: index(packs.a),
  });
  return assemble([...functions, gemm], { gemm });
}

/** tile(a, strideA, b, c, strideC, depth, width, accumulate, scratch): rows x 8 results of one panel of A and one of B. */
function tile(rows: number, packed: boolean, multiply: MultiplyAdd): Func {
  const f = new Func([I32, I32, I32, I32, I32, I32, I32, I32, I32]);
  const [a, strideA, b, c, strideC, depth, width, accumulate, scratch] = f.parameters as unknown as Tuple<9>;
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
        pair.forEach((sum, h) => f.do(storeV128(scratch.value, sum.value, TILE + (row * COLUMNS + h * 4) * 4))),
      );
      const [row, j, from, to, sum] = [f.local(I32), f.local(I32), f.local(I32), f.local(I32), f.local(F32)];
      f.for(row, i32(0), i32(rows), 1, () => {
        f.set(from, add(scratch.value, shl(row.value, 5)));
        f.set(to, c.value);
        f.for(j, i32(0), width.value, 1, () => {
          f.set(sum, loadF32(from.value, TILE));
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

/** packB(from, strideFrom, to, depth, width): `depth` rows of `width` <= 8 values, each padded to 8 with zeros. */
function packB(): Func {
  const f = new Func([I32, I32, I32, I32, I32]);
  const [from, stride, to, depth, width] = f.parameters as unknown as Tuple<5>;
  const [k, j] = [f.local(I32), f.local(I32)];
  f.for(k, i32(0), depth.value, 1, () => {
    f.if(
      equal(width.value, i32(COLUMNS)),
      () => [0, 16].forEach((offset) => f.do(storeV128(to.value, loadV128(from.value, offset), offset))),
      () => {
        [0, 16].forEach((offset) => f.do(storeV128(to.value, zeroV128, offset)));
        f.for(j, i32(0), width.value, 1, () =>
          f.do(storeF32(add(to.value, shl(j.value, 2)), loadF32(add(from.value, shl(j.value, 2))))),
        );
      },
    );
    f.set(from, add(from.value, stride.value));
    f.set(to, add(to.value, i32(COLUMNS * 4)));
  });
  return f;
}

/** packTransposedB(from, strideFrom, to, depth, width): as packB, from `width` <= 8 rows that run along K; 4 x 4 blocks turned in registers. */
function packTransposedB(): Func {
  const f = new Func([I32, I32, I32, I32, I32]);
  const [from, stride, to, depth, width] = f.parameters as unknown as Tuple<5>;
  const [k, j, at, out, whole] = [f.local(I32), f.local(I32), f.local(I32), f.local(I32), f.local(I32)];
  const rows = [0, 1, 2, 3].map(() => f.local(V128));
  const pairs = [0, 1, 2, 3].map(() => f.local(V128));
  const v = (list: readonly Local[], i: number): Code => (list[i] as Local).value;
  f.if(less(width.value, i32(COLUMNS)), () =>
    f.for(k, i32(0), depth.value, 1, () =>
      [0, 16].forEach((offset) => f.do(storeV128(add(to.value, shl(k.value, 5)), zeroV128, offset))),
    ),
  );
  f.set(whole, [...depth.value, ...i32(-UNROLL), 0x71]); // depth rounded down to a multiple of 4
  f.set(j, i32(0));
  f.while(less(add(j.value, i32(3)), width.value), () => {
    f.set(at, from.value);
    f.set(out, to.value);
    f.for(k, i32(0), whole.value, 4, () => {
      rows.forEach((row, r) => f.set(row, loadV128(add(at.value, mul(stride.value, i32(r))))));
      [0, 2].forEach((r) => {
        f.set(pairs[r] as Local, shuffle(v(rows, r), v(rows, r + 1), [0, 4, 1, 5]));
        f.set(pairs[r + 1] as Local, shuffle(v(rows, r), v(rows, r + 1), [2, 6, 3, 7]));
      });
      [0, 1].forEach((half) => {
        f.do(storeV128(out.value, shuffle(v(pairs, half), v(pairs, half + 2), [0, 1, 4, 5]), half * 64));
        f.do(storeV128(out.value, shuffle(v(pairs, half), v(pairs, half + 2), [2, 3, 6, 7]), half * 64 + 32));
      });
      f.set(at, add(at.value, i32(16)));
      f.set(out, add(out.value, i32(128)));
    });
    f.while(less(k.value, depth.value), () => {
      [0, 1, 2, 3].forEach((r) => f.do(storeF32(out.value, loadF32(add(at.value, mul(stride.value, i32(r)))), r * 4)));
      f.set(at, add(at.value, i32(4)));
      f.set(out, add(out.value, i32(32)));
      f.set(k, add(k.value, i32(1)));
    });
    f.set(from, add(from.value, shl(stride.value, 2)));
    f.set(to, add(to.value, i32(16)));
    f.set(j, add(j.value, i32(4)));
  });
  f.while(less(j.value, width.value), () => {
    f.for(k, i32(0), depth.value, 1, () =>
      f.do(storeF32(add(to.value, shl(k.value, 5)), loadF32(add(from.value, shl(k.value, 2))))),
    );
    f.set(from, add(from.value, stride.value));
    f.set(to, add(to.value, i32(4)));
    f.set(j, add(j.value, i32(1)));
  });
  return f;
}

/** packA(from, strideFrom, to, depth, rows): a transposed A gives the `rows` <= 6 values of a step along K side by side already. */
function packA(): Func {
  const f = new Func([I32, I32, I32, I32, I32]);
  const [from, stride, to, depth, rows] = f.parameters as unknown as Tuple<5>;
  const [k, j] = [f.local(I32), f.local(I32)];
  f.for(k, i32(0), depth.value, 1, () => {
    f.if(
      equal(rows.value, i32(ROWS)),
      () => {
        f.do(storeV128(to.value, loadV128(from.value)));
        [16, 20].forEach((offset) => f.do(storeF32(to.value, loadF32(from.value, offset), offset)));
      },
      () =>
        f.for(j, i32(0), rows.value, 1, () =>
          f.do(storeF32(add(to.value, shl(j.value, 2)), loadF32(add(from.value, shl(j.value, 2))))),
        ),
    );
    f.set(from, add(from.value, stride.value));
    f.set(to, add(to.value, shl(rows.value, 2)));
  });
  return f;
}

type Calls = { tile(rows: number, packed: boolean): number; packB: number; packTransposedB: number; packA: number };

function driver(calls: Calls): Func {
  const f = new Func(Array<typeof I32>(13).fill(I32));
  const [a, b, c, M, N, K, transposeA, transposeB, batch, strideA, strideB, strideC, scratch] =
    f.parameters as unknown as Tuple<13>;
  const [n, n0, k0, m0, j0, depth, columns, width, rows] = Array.from({ length: 9 }, () => f.local(I32)) as Tuple<9>;
  const [from, panel, to] = [f.local(I32), f.local(I32), f.local(I32)];
  const address = (base: Code, row: Code, stride: Code, column: Code): Code =>
    add(base, shl(add(mul(row, stride), column), 2));

  const packBlock = () =>
    f.for(j0, i32(0), columns.value, COLUMNS, () => {
      f.set(width, sub(columns.value, j0.value));
      f.set(width, least(width.value, i32(COLUMNS)));
      f.set(panel, add(scratch.value, mul(j0.value, shl(depth.value, 2))));
      const column = add(n0.value, j0.value);
      f.if(
        transposeB.value,
        () =>
          f.call(
            calls.packTransposedB,
            address(b.value, column, K.value, k0.value),
            shl(K.value, 2),
            panel.value,
            depth.value,
            width.value,
          ),
        () =>
          f.call(
            calls.packB,
            address(b.value, k0.value, N.value, column),
            shl(N.value, 2),
            panel.value,
            depth.value,
            width.value,
          ),
      );
    });
  const rowOfTiles = (count: number, packed: boolean) =>
    f.for(j0, i32(0), columns.value, COLUMNS, () => {
      f.set(width, sub(columns.value, j0.value));
      f.set(width, least(width.value, i32(COLUMNS)));
      f.set(panel, add(scratch.value, mul(j0.value, shl(depth.value, 2))));
      f.set(to, address(c.value, m0.value, N.value, add(n0.value, j0.value)));
      f.call(
        calls.tile(count, packed),
        from.value,
        shl(K.value, 2),
        panel.value,
        to.value,
        shl(N.value, 2),
        depth.value,
        width.value,
        k0.value,
        scratch.value,
      );
    });
  const pickRows = (packed: boolean, count = ROWS): void =>
    f.if(
      equal(rows.value, i32(count)),
      () => rowOfTiles(count, packed),
      count > 1 ? () => pickRows(packed, count - 1) : undefined,
    );

  f.for(n, i32(0), batch.value, 1, () => {
    f.for(n0, i32(0), N.value, COLUMN_BLOCK, () => {
      f.set(columns, sub(N.value, n0.value));
      f.set(columns, least(columns.value, i32(COLUMN_BLOCK)));
      f.for(k0, i32(0), K.value, DEPTH_BLOCK, () => {
        f.set(depth, sub(K.value, k0.value));
        f.set(depth, least(depth.value, i32(DEPTH_BLOCK)));
        packBlock();
        f.for(m0, i32(0), M.value, ROWS, () => {
          f.set(rows, sub(M.value, m0.value));
          f.set(rows, least(rows.value, i32(ROWS)));
          f.if(
            transposeA.value,
            () => {
              f.set(from, add(scratch.value, i32(PANEL_OF_A)));
              f.call(
                calls.packA,
                address(a.value, k0.value, M.value, m0.value),
                shl(M.value, 2),
                from.value,
                depth.value,
                rows.value,
              );
              pickRows(true);
            },
            () => {
              f.set(from, address(a.value, m0.value, K.value, k0.value));
              pickRows(false);
            },
          );
        });
      });
    });
    f.set(a, add(a.value, strideA.value));
    f.set(b, add(b.value, strideB.value));
    f.set(c, add(c.value, strideC.value));
  });
  return f;
}

type Tuple<N extends number, T extends Local[] = []> = T["length"] extends N ? T : Tuple<N, [...T, Local]>;
