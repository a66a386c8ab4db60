// A product by tiles: a group multiplies a strip of A's rows with a strip of B's columns, sixteen deep at a time, from workgroup memory. Each invocation keeps some rows of some quads of
// columns in variables of its own; the code for them is written out, since arrays that a loop indexes may end in memory.
import type { Shader } from "../../launch.ts";
import { SCALARS, addedTo, finishing, inputsOf, nameOf, readers, resultsOf } from "./form.ts";
import type { Form } from "./form.ts";

export interface Tile {
  /** Invocations of a group, along columns and rows: so many quads, and as often as `columns` and `rows` say. */
  readonly across: number;
  readonly down: number;
  readonly columns: 1 | 2;
  readonly rows: 1 | 2;
}

export const rowsOf = ({ down, rows }: Tile): number => 4 * down * rows;
/** Of a gated product: half of them, and as many of the other half. */
export const columnsOf = ({ across, columns }: Tile): number => 4 * across * columns;

/** Divides what one part of a product is deep, where it is made in parts. */
export const DEPTH = 16;
const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const COMPONENTS = ["x", "y", "z", "w"] as const;

/**
 * @param half tiles are kept in 16 bits (a device with shader-f16); sums are in 32 all the same
 * @param partial whether each part of the depth is a result of its own, [parts, …]: nothing is added to it then
 */
export function tiled(form: Form, tile: Tile, partial: boolean, half: boolean): Shader {
  const { across, down, columns, rows } = tile;
  const own: Form = partial ? { ...form, bias: false, plus: false, activation: undefined, gated: false } : form;
  const [quadsA, quadsB] = [down * rows, across * columns];
  const kept = half ? "vec4<f16>" : "vec4<f32>";
  /** Of quad `q` of the tile, its first column. */
  const columnOf = (q: string) =>
    own.gated
      ? `select(left + 4 * ${q}, scalars.N / 2 + left + 4 * (${q} - ${across}), ${q} >= ${across})`
      : `(left + 4 * ${q})`;
  const straight = (name: "A" | "B", count: number, at: string) => `
    for (var i = lane; i < ${DEPTH * count}; i += LANES) {
      let q = i % ${count};
      tile${name}[i] = ${kept}(read${name}(k + i / ${count}, ${at}));
    }`;
  const turned = (name: "A" | "B", count: number, outer: string) => `
    for (var i = lane; i < ${(DEPTH / 4) * count}; i += LANES) {
      let q = i / ${DEPTH / 4};
      let deep = 4 * (i % ${DEPTH / 4});
      let outer = ${outer};
      ${range(4)
        .map((r) => `let r${r} = read${name}(outer + ${r}, k + deep);`)
        .join("\n")}
      ${COMPONENTS.map((part, r) => `tile${name}[(deep + ${r}) * ${count} + q] = ${kept}(vec4<f32>(r0.${part}, r1.${part}, r2.${part}, r3.${part}));`).join("\n")}
    }`;
  const sums = range(4 * rows).flatMap((i) => range(columns).map((j) => ({ i, j })));
  const width = own.gated ? "scalars.N / 2" : "scalars.N";
  return {
    name: `blankslate_product_${across}_${down}_${columns}_${rows}_${partial}_${half}_${nameOf(own)}`,
    half,
    results: resultsOf(own),
    inputs: inputsOf(own),
    scalars: SCALARS,
    lanes: across * down,
    declarations: `
      ${readers(own)}
      ${finishing(own)}
      var<workgroup> tileA : array<${kept}, ${DEPTH * quadsA}>;
      var<workgroup> tileB : array<${kept}, ${DEPTH * quadsB}>;`,
    body: `
      let tilesAcross = (${width} + ${(4 * quadsB) / (own.gated ? 2 : 1) - 1}) / ${(4 * quadsB) / (own.gated ? 2 : 1)};
      let tilesDown = (scalars.M + ${4 * quadsA - 1}) / ${4 * quadsA};
      let left = group % tilesAcross * ${(4 * quadsB) / (own.gated ? 2 : 1)};
      let top = group / tilesAcross % tilesDown * ${4 * quadsA};
      let part = group / tilesAcross / tilesDown % scalars.parts;
      let batch = group / tilesAcross / tilesDown / scalars.parts;
      startA = batch * scalars.stepA;
      startB = batch * scalars.stepB;
      startC = (${partial ? `part * (scalars.groups / tilesAcross / tilesDown / scalars.parts) + ` : ""}batch) * scalars.M * scalars.N;
      let x = lane % ${across};
      let y = lane / ${across};
      ${sums.map(({ i, j }) => `var c${i}_${j} = vec4<f32>();`).join("\n")}
      let last = min(scalars.K, (part + 1) * scalars.depth);
      for (var k = part * scalars.depth; k < last; k += ${DEPTH}) {
        workgroupBarrier();
        ${own.transposeA ? straight("A", quadsA, "top + 4 * q") : turned("A", quadsA, "top + 4 * q")}
        ${own.transposeB ? turned("B", quadsB, columnOf("q")) : straight("B", quadsB, columnOf("q"))}
        workgroupBarrier();
        for (var deep = 0; deep < ${DEPTH}; deep += 1) {
          ${range(rows)
            .map((i) => `let a${i} = vec4<f32>(tileA[deep * ${quadsA} + y + ${i * down}]);`)
            .join("\n")}
          ${range(columns)
            .map((j) => `let b${j} = vec4<f32>(tileB[deep * ${quadsB} + x + ${j * across}]);`)
            .join("\n")}
          ${sums.map(({ i, j }) => `c${i}_${j} += a${i >> 2}.${COMPONENTS[i % 4]} * b${j};`).join("\n")}
        }
      }
      ${range(4 * rows)
        .map((i) => {
          const row = `top + 4 * (y + ${(i >> 2) * down}) + ${i % 4}`;
          if (own.gated) return `finish(${row}, left + 4 * x, c${i}_0, c${i}_1);`;
          return range(columns)
            .map((j) => `finish(${row}, left + 4 * (x + ${j * across}), c${i}_${j});`)
            .join("\n");
        })
        .join("\n")}`,
  };
}

/** Adds up the parts of a product and finishes it, an invocation for each quad of a row. `M` counts the rows of all matrices, `depth` the numbers of a part. */
export function joined(form: Form): Shader {
  const width = form.gated ? "(scalars.N / 2)" : "scalars.N";
  const sumAt = (column: string) => {
    const place = `part * scalars.depth + row * scalars.N + ${column}`;
    if (form.quads.c) return `sums[(${place}) / 4]`;
    return `vec4<f32>(${range(4)
      .map((i) => `sums[min(${place} + ${i}, i32(arrayLength(&sums)) - 1)]`)
      .join(", ")})`;
  };
  return {
    name: `blankslate_product_joined_${nameOf(form)}`,
    results: resultsOf(form),
    inputs: { sums: form.quads.c ? "vec4<f32>" : "f32", ...addedTo(form) },
    scalars: SCALARS,
    lanes: 64,
    declarations: finishing(form),
    body: `
      let quads = (${width} + 3) / 4;
      let at = group * LANES + lane;
      let row = at / quads;
      let column = at % quads * 4;
      if (row >= scalars.M) { return; }
      var sum = vec4<f32>();
      ${form.gated ? "var other = vec4<f32>();" : ""}
      for (var part = 0; part < scalars.parts; part += 1) {
        sum += ${sumAt("column")};
        ${form.gated ? `other += ${sumAt(`(column + ${width})`)};` : ""}
      }
      finish(row, column, sum${form.gated ? ", other" : ""});`,
  };
}
