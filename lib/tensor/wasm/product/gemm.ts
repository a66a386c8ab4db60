// C = A · B for float32 matrices in the engine's own memory, all four transpose variants: the product that tfjs-backend-wasm does slowly
// (1-2 GFLOP/s as soon as it is batched or transposed).
//
// The scheme is the usual one (Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication, 2008): B is copied into panels of 8 columns, a tile of 6 x 8 results
// stays in registers while it walks down K. A is read in place; a transposed A is copied into panels of 6 rows first, because its strided reads fall into few cache sets.
// 6 x 8: twelve accumulators, two vectors of B and one of A are the fifteen registers that V8 has on x64.
//
// Differs from the paper in: no blocking of M, the panels of B (256 x 1024 floats) are what must fit into the second-level cache.
import {
  I32,
  add,
  assemble,
  equal,
  functionOf,
  i32,
  least,
  mul,
  multiplyAdd,
  relaxedMultiplyAdd,
  shl,
  sub,
} from "../assembler.ts";
import type { Code, Func } from "../assembler.ts";
import { packA, packB, packTransposedB } from "./pack.ts";
import { COLUMNS, ROWS, tile } from "./tile.ts";

const DEPTH_BLOCK = 256;
const COLUMN_BLOCK = 1024;

/** Bytes of working memory that a call needs: a block of B's panels, one panel of A, one tile. */
export const SCRATCH_BYTES = 4 * (DEPTH_BLOCK * COLUMN_BLOCK + ROWS * DEPTH_BLOCK + ROWS * COLUMNS);
const PANEL_OF_A = 4 * DEPTH_BLOCK * COLUMN_BLOCK;
const TILE = PANEL_OF_A + 4 * ROWS * DEPTH_BLOCK;

/**
 * @param fused  whether to use relaxed SIMD's fused multiply-add
 * @returns a module that imports env.memory and exports
 *   gemm(a, b, c, M, N, K, transposeA, transposeB, batch, strideA, strideB, strideC, scratch): addresses and strides in bytes, A [M, K] or [K, M], B [K, N] or [N, K], C [M, N], all dense
 */
export function assembleGemm(fused: boolean): Uint8Array<ArrayBuffer> {
  const multiply = fused ? relaxedMultiplyAdd : multiplyAdd;
  // A panel of A is either `rows` pointers walking along K (in place) or packed, `rows` values for each step along K.
  const tiles = [false, true].map((packed) =>
    Array.from({ length: ROWS }, (_, at) => tile(at + 1, packed, multiply, TILE)),
  );
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

type Calls = { tile(rows: number, packed: boolean): number; packB: number; packTransposedB: number; packA: number };

function driver(calls: Calls): Func {
  const [f, [a, b, c, M, N, K, transposeA, transposeB, batch, strideA, strideB, strideC, scratch]] = functionOf(13);
  const [n, n0, k0, m0, j0] = [f.local(I32), f.local(I32), f.local(I32), f.local(I32), f.local(I32)];
  const [depth, columns, width, rows] = [f.local(I32), f.local(I32), f.local(I32), f.local(I32)];
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
