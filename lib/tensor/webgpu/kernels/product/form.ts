// What all shaders of matrix products share: how their operands are read four numbers at a time, and what becomes of a sum before it is written (bias, a tensor that is added, activation).
// Words: C [M, N] = A [M, K] B [K, N], each of A and B stored so or transposed; `outer` and `at` are the row of a stored matrix and a place in it, a multiple of four.
import type { Activation } from "../../../ops/activation.ts";
import type { Element, Shader } from "../../launch.ts";
import { FUNCTIONS } from "../activation.ts";

/** What the code depends on. */
export interface Form {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Whether the rows of a buffer are made of whole quads, so that it is bound as such. */
  readonly quads: { readonly a: boolean; readonly b: boolean; readonly c: boolean };
  readonly bias: boolean;
  readonly plus: boolean;
  /** With it there are two results: the product, and what the activation makes of it. */
  readonly activation: Activation | undefined;
  /** The activation of the first half of the columns times the other half. */
  readonly gated: boolean;
}

export const SCALARS = {
  M: "i32",
  N: "i32",
  K: "i32",
  stepA: "i32",
  stepB: "i32",
  parts: "i32",
  depth: "i32",
} as const;

const element = (quads: boolean): Element => (quads ? "vec4<f32>" : "f32");
const flags = (of: object): string => Object.values(of).map(Number).join("");

export const nameOf = ({ transposeA, transposeB, quads, bias, plus, activation, gated }: Form): string =>
  `${flags([transposeA, transposeB])}_${flags(quads)}_${flags([bias, plus])}_${activation ?? ""}_${flags([gated])}`;

export const resultsOf = ({ quads, activation }: Form): Shader["results"] => ({
  c: element(quads.c),
  ...(activation && { lively: element(quads.c) }),
});

export const addedTo = ({ quads, bias, plus }: Form): Shader["inputs"] => ({
  ...(bias && { bias: element(quads.c) }),
  ...(plus && { plus: element(quads.c) }),
});

export const inputsOf = (form: Form): Shader["inputs"] => ({
  a: element(form.quads.a),
  b: element(form.quads.b),
  ...addedTo(form),
});

/** readA and readB: zeros outside. Where matrices of a batch begin is private to each invocation. */
export const readers = ({ transposeA, transposeB, quads }: Form): string => `
  var<private> startA : i32;
  var<private> startB : i32;
  ${reader("A", quads.a, transposeA ? "K" : "M", transposeA ? "M" : "K")}
  ${reader("B", quads.b, transposeB ? "N" : "K", transposeB ? "K" : "N")}`;

function reader(name: "A" | "B", quads: boolean, outers: string, length: string): string {
  const buffer = name.toLowerCase();
  const place = `let place = start${name} + outer * scalars.${length} + at;`;
  const head = `fn read${name}(outer : i32, at : i32) -> vec4<f32> {`;
  if (quads)
    return `${head}
      if (outer >= scalars.${outers} || at >= scalars.${length}) { return vec4<f32>(); }
      ${place}
      return ${buffer}[place / 4];
    }`;
  return `${head}
    var four = vec4<f32>();
    if (outer >= scalars.${outers}) { return four; }
    ${place}
    ${[0, 1, 2, 3].map((i) => `if (at + ${i} < scalars.${length}) { four[${i}] = ${buffer}[place + ${i}]; }`).join("\n")}
    return four;
  }`;
}

/** `finish(row, column, sum)`, or with a second sum of the column's other half: writes four columns of a row, as far as they are there. */
export function finishing(form: Form): string {
  const { quads, bias, plus, activation, gated } = form;
  const width = gated ? "(scalars.N / 2)" : "scalars.N";
  // Every function for itself, so that the two ways to lie in a buffer are told once.
  const get = (buffer: string, place: string) =>
    quads.c
      ? `${buffer}[(${place}) / 4]`
      : `vec4<f32>(${[0, 1, 2, 3].map((i) => `${buffer}[min(${place} + ${i}, i32(arrayLength(&${buffer})) - 1)]`).join(", ")})`;
  const put = (buffer: string, place: string, value: string) =>
    quads.c
      ? `${buffer}[(${place}) / 4] = ${value};`
      : [0, 1, 2, 3]
          .map((i) => `if (column + ${i} < ${width}) { ${buffer}[${place} + ${i}] = ${value}[${i}]; }`)
          .join("\n");
  const whole = (sum: string, column: string) =>
    `${sum}${bias ? ` + ${get("bias", column)}` : ""}${plus ? ` + ${get("plus", `startC + row * scalars.N + ${column}`)}` : ""}`;
  const each = (x: string) => `vec4<f32>(${["x", "y", "z", "w"].map((i) => `value(${x}.${i})`).join(", ")})`;
  return `
    var<private> startC : i32;
    ${activation ? FUNCTIONS[activation] : ""}
    fn finish(row : i32, column : i32, sum : vec4<f32>${gated ? ", other : vec4<f32>" : ""}) {
      if (row >= scalars.M || column >= ${width}) { return; }
      let x = ${whole("sum", "column")};
      ${put("c", "startC + row * scalars.N + column", "x")}
      ${
        gated
          ? `let up = ${whole("other", `(column + ${width})`)};
             ${put("c", `startC + row * scalars.N + ${width} + column`, "up")}`
          : ""
      }
      ${activation ? `let alive = ${each("x")}${gated ? " * up" : ""};\n${put("lively", `startC / ${gated ? 2 : 1} + row * ${width} + column`, "alive")}` : ""}
    }`;
}
