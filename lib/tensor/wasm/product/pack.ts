// Panels for the tiles: B in panels of 8 columns, a transposed A in panels of 6 rows, each step along K side by side, so that a tile reads memory in order.
import {
  I32,
  V128,
  add,
  equal,
  functionOf,
  i32,
  less,
  loadF32,
  loadV128,
  mul,
  shl,
  shuffle,
  storeF32,
  storeV128,
  zeroV128,
} from "../assembler.ts";
import type { Code, Func, Local } from "../assembler.ts";
import { COLUMNS, ROWS } from "./tile.ts";

/** How many steps along K are turned at once. */
const UNROLL = 4;

/** packB(from, strideFrom, to, depth, width): `depth` rows of `width` <= 8 values, each padded to 8 with zeros. */
export function packB(): Func {
  const [f, [from, stride, to, depth, width]] = functionOf(5);
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
export function packTransposedB(): Func {
  const [f, [from, stride, to, depth, width]] = functionOf(5);
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
export function packA(): Func {
  const [f, [from, stride, to, depth, rows]] = functionOf(5);
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
