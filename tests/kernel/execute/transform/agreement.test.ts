// Generated programs mean the same after the transform as V8 takes them to mean without it.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { many } from "../../running-kernel.ts";
import { Repl } from "./repl.ts";

const PROGRAMS = many(300, 2_000);
const NAMES = ["a", "b", "c", "d", "e", "f"] as const;

/** Expressions over the names; those that are not declared yet, or hold something else, throw alike on both sides. */
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc
      .constantFrom(
        "1",
        "2",
        "'x'",
        "null",
        "[1, 2]",
        "{ p: 1 }",
        "() => 3",
        "function () { return 4 }",
        "async () => 5",
        "class { q = 6 }",
      )
      .map((e) => `(${e})`),
    fc.constantFrom(...NAMES),
    fc
      .tuple(tie("expression"), fc.constantFrom("+", "===", "??", "&&", ","), tie("expression"))
      .map(([l, op, r]) => `(${l} ${op} ${r})`),
    fc.constantFrom(...NAMES).map((n) => `typeof ${n}`),
    fc.tuple(fc.constantFrom(...NAMES), tie("expression")).map(([n, e]) => `(${n} = ${e})`),
    tie("expression").map((e) => `(await ${e})`),
    fc.constantFrom(...NAMES).map((n) => `(() => typeof ${n} === "function" ? ${n}.name : ${n})()`),
  ),
}));

/** Each name is declared at most once, by one of these; the rest of the program reads and writes it. */
const declaration = (name: string) =>
  fc
    .tuple(
      fc.constantFrom("let", "const", "var", "function", "class", "pattern", "nested", "loop", "try", "none"),
      expression,
    )
    .map(([kind, e]) => {
      switch (kind) {
        case "function":
          return `function ${name}(n) { return n > 0 ? ${name}(n - 1) : ${name}.name; }`;
        case "class":
          return `class ${name} { static s = ${name}.name; m() { return ${name}; } }`;
        case "pattern":
          return `let { p: ${name} = ${e} } = {};`;
        case "nested":
          return `if (true) { var ${name} = ${e}; let z = 1; }`;
        case "loop":
          return `for (var ${name} of [1, ${e}]) { let z = ${name}; }`;
        case "try":
          return `try { var ${name} = ${e}; } finally { 0; }`;
        case "none":
          return `;`;
        default:
          return `${kind} ${name} = ${e};`;
      }
    });

const program = fc
  .tuple(
    ...NAMES.map(declaration),
    fc.array(
      expression.map((e) => `try { ${e}; } catch {}`),
      { maxLength: 3 },
    ),
    expression,
  )
  .chain((parts) => {
    const last = parts.at(-1) as string;
    const statements: string[] = parts.slice(0, -1).flat();
    return fc
      .shuffledSubarray(statements, { minLength: statements.length })
      .map((order) => [...order, `(${last})`].join("\n"));
  });

const LOOK = `JSON.stringify([${NAMES.map((n) => `(() => { try { return typeof ${n} === "function" ? ${n}.name + String(${n}.s) : ${n} } catch (e) { return e.name } })()`).join(", ")}])`;

test(
  `${PROGRAMS} generated programs give the value, the error and the variables that V8 gives them`,
  { timeout: 900_000 },
  async () => {
    const programs = fc.sample(program, PROGRAMS);
    let values = 0;
    for (const source of programs) {
      const [ours, plain] = [new Repl(), new Repl()];
      // Functions are printed anew and lose their written name to their binding's, so their text may differ.
      for (const repl of [ours, plain])
        await repl.runPlain("Function.prototype.toString = function () { return `f ${this.name}` }");
      // Assigning a constant is left to the type checker, so the oracle reads `const` as `let` too.
      const [mine, theirs] = [
        await ours.run(source),
        await plain.runPlain(`"use strict";${source.replace(/^const /gm, "let ")}`),
      ];
      const text = (o: typeof mine) =>
        o.kind === "thrown"
          ? o.text.replace(/ '?\w+'? /, " _ ")
          : o.kind === "value"
            ? `value ${typeof o.value} ${JSON.stringify(o.value)}`
            : o.kind;
      expect([source, text(mine)]).toEqual([source, text(theirs)]);
      if (mine.kind === "value") {
        values++;
        expect([source, await ours.run(LOOK)]).toEqual([source, await plain.runPlain(LOOK)]);
      }
      ours.close();
      plain.close();
    }
    // Most of them must get to their end, or the comparison says little.
    expect(values).toBeGreaterThan(PROGRAMS / 5);
  },
);
