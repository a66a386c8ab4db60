// The cell transform against the real thing: every case runs in V8's own REPL mode.
import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { BINDINGS, NONE, REDECLARATION, RESULTS } from "./cases.ts";
import { ASYNC, ERRORS, MODULES, NEWEST, TYPESCRIPT } from "./cases-modules.ts";
import type { Case } from "./cases.ts";
import { Repl, nodeImporter } from "./repl.ts";
import type { Importer, Outcome } from "./repl.ts";

/** Modules of the table that Node does not have. */
function importerFor(log: string[]): Importer {
  return async (specifier, attributes, required) => {
    if (specifier === "attributes") return { default: attributes };
    if (specifier === "tiny/jsx-runtime") return { jsx: (...a: unknown[]) => a };
    if (["one", "two", "three"].includes(specifier)) {
      await new Promise((resolve) => setTimeout(resolve, specifier === "one" ? 10 : 1));
      log.push(specifier);
      return { [specifier]: log.join() };
    }
    return nodeImporter(specifier, attributes, required);
  };
}

interface Expectation {
  readonly throws?: RegExp;
  readonly at?: readonly [number, number];
  readonly syntax?: readonly [number, number];
  readonly message?: RegExp;
}

function check(outcome: Outcome, expected: unknown): void {
  if (expected === NONE) return expect(outcome).toEqual({ kind: "none" });
  const wanted = (typeof expected === "object" && expected !== null ? expected : {}) as Expectation;
  if (wanted.throws instanceof RegExp) {
    expect(outcome).toMatchObject({ kind: "thrown", text: expect.stringMatching(wanted.throws) as string });
    if (wanted.at) expect((outcome as { at: unknown }).at).toEqual({ line: wanted.at[0], column: wanted.at[1] });
    return undefined;
  }
  if (wanted.syntax) {
    const [line, column] = wanted.syntax;
    return expect(outcome).toMatchObject({
      kind: "syntax",
      error: { line, column, message: expect.stringMatching(wanted.message ?? /./) as string },
    });
  }
  expect(outcome.kind, JSON.stringify(outcome)).toBe("value");
  // Values come from another realm, so their prototypes are compared by structure.
  const value = (outcome as { value: unknown }).value;
  const plain =
    typeof value === "object" && value !== null
      ? (JSON.parse(JSON.stringify(value, undefinedAsNull)) as unknown)
      : value;
  const other =
    typeof expected === "object" ? (JSON.parse(JSON.stringify(expected, undefinedAsNull)) as unknown) : expected;
  return expect(
    isDeepStrictEqual(plain, other),
    `${JSON.stringify(plain)} (${outcome.kind}) is not ${JSON.stringify(other)}`,
  ).toBe(true);
}

const undefinedAsNull = (_: string, value: unknown) => (value === undefined ? "undefined" : value);

const GROUPS: readonly (readonly [string, readonly Case[]])[] = [
  ["results", RESULTS],
  ["redeclaration", REDECLARATION],
  ["bindings", BINDINGS],
  ["modules", MODULES],
  ["asynchrony", ASYNC],
  ["TypeScript", TYPESCRIPT],
  ["TypeScript's newest syntax", NEWEST],
  ["errors and their places", ERRORS],
];

for (const [group, cases] of GROUPS) {
  describe(group, () => {
    test.each(cases)("%s", async (_title, cells, expected) => {
      const log: string[] = [];
      const repl = new Repl(importerFor(log), { log });
      let outcome: Outcome = { kind: "none" };
      for (const cell of cells) outcome = await repl.run(cell);
      check(outcome, expected);
      expect(await repl.run("let after$ = 20 + 1\nafter$ * 2")).toEqual({ kind: "value", value: 42 });
      repl.close();
    });
  });
}

test("the table has at least 200 cases", () => {
  expect(GROUPS.flatMap(([, cases]) => cases).length).toBeGreaterThanOrEqual(200);
});
