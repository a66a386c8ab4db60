// A product of few rows, as decoding asks for: all of B is read once for every four rows, by as many invocations as there is room for. Sixteen of a group share the depth for each quad of
// columns, and their sums are added at last.
import type { Shader } from "../../launch.ts";
import { SCALARS, finishing, inputsOf, nameOf, readers, resultsOf } from "./form.ts";
import type { Form } from "./form.ts";

/** Rows, and columns, of one group. */
export const THIN = { rows: 4, columns: 64 } as const;
const QUADS = THIN.columns / 4;
/** Invocations that share the depth. */
const SHARING = 16;

const FOUR = [0, 1, 2, 3] as const;
const COMPONENTS = ["x", "y", "z", "w"] as const;

/** @param form A is stored as it is */
export function thin(form: Form): Shader {
  const { transposeB, gated } = form;
  const halves = gated ? ["", "Up"] : [""];
  const width = gated ? "scalars.N / 2" : "scalars.N";
  const columnOf = (half: string) => (half ? `column + ${width}` : "column");
  const read = (half: string) =>
    FOUR.map((i) =>
      transposeB
        ? `let b${half}${i} = readB(${columnOf(half)} + ${i}, at);`
        : `let b${half}${i} = readB(at + ${i}, ${columnOf(half)});`,
    ).join("\n");
  const multiply = (half: string) =>
    FOUR.map((r) =>
      transposeB
        ? `sum${half}${r} += vec4<f32>(${FOUR.map((i) => `dot(a${r}, b${half}${i})`).join(", ")});`
        : `sum${half}${r} += ${FOUR.map((i) => `a${r}.${COMPONENTS[i]} * b${half}${i}`).join(" + ")};`,
    ).join("\n");
  return {
    name: `blankslate_product_thin_${nameOf(form)}`,
    results: resultsOf(form),
    inputs: inputsOf(form),
    scalars: SCALARS,
    lanes: QUADS * SHARING,
    declarations: `
      ${readers(form)}
      ${finishing(form)}
      ${halves.map((half) => `var<workgroup> sums${half} : array<vec4<f32>, LANES>;`).join("\n")}
      ${halves
        .map(
          (half) => `fn all${half}(quad : i32) -> vec4<f32> {
            var all = vec4<f32>();
            for (var i = quad; i < LANES; i += ${QUADS}) { all += sums${half}[i]; }
            return all;
          }`,
        )
        .join("\n")}`,
    body: `
      let across = (${width} + ${THIN.columns - 1}) / ${THIN.columns};
      let down = (scalars.M + ${THIN.rows - 1}) / ${THIN.rows};
      let quad = lane % ${QUADS};
      let share = lane / ${QUADS};
      let column = group % across * ${THIN.columns} + 4 * quad;
      let row = group / across % down * ${THIN.rows};
      let batch = group / across / down;
      startA = batch * scalars.stepA;
      startB = batch * scalars.stepB;
      startC = batch * scalars.M * scalars.N;
      ${halves.flatMap((half) => FOUR.map((r) => `var sum${half}${r} = vec4<f32>();`)).join("\n")}
      for (var at = 4 * share; at < scalars.K; at += ${4 * SHARING}) {
        ${FOUR.map((r) => `let a${r} = readA(row + ${r}, at);`).join("\n")}
        ${halves.map((half) => `${read(half)}\n${multiply(half)}`).join("\n")}
      }
      ${FOUR.map(
        (r) => `
          workgroupBarrier();
          ${halves.map((half) => `sums${half}[lane] = sum${half}${r};`).join("\n")}
          workgroupBarrier();
          if (share == ${r}) { finish(row + ${r}, column, all(quad)${gated ? ", allUp(quad)" : ""}); }`,
      ).join("\n")}`,
  };
}
