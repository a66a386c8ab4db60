// What the executor puts on globalThis must be known to the type checker, or a right cell would be refused.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { TAGS } from "../../../kernel/display/tags.ts";
import { installDisplay } from "../../../kernel/execute/executor/api.ts";
import { installInput } from "../../../kernel/execute/executor/input.ts";
import { diagnose } from "../../../kernel/language/diagnostics.ts";
import { createNotebook } from "../../../kernel/language/notebook.ts";
import { newPlaces } from "./places.ts";

test("every name that the executor adds to globalThis has a type, and display every method", () => {
  const before = new Set(Object.getOwnPropertyNames(globalThis));
  installDisplay({ send: () => undefined } as never);
  installInput(() => null);
  const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.has(name));
  expect(added).toEqual(expect.arrayContaining(["display", "prompt", ...Object.keys(TAGS)]));
  const { display } = globalThis as unknown as { display: object };
  const methods = Object.keys(display).map((name) => `display.${name}`);
  expect(methods.length).toBeGreaterThan(10);
  const notebook = createNotebook(newPlaces());
  expect(diagnose(notebook, [...added, ...methods, "require", "__dirname", "__filename"].join("\n"))).toEqual([]);
  expect(diagnose(notebook, "html`<b>${1}</b>`.mime; display(md`a`, { displayId: 'x' })")).toEqual([]);
});

test("and nothing is declared that the executor does not add", () => {
  const text = readFileSync(new URL("../../../kernel/language/globals.d.ts", import.meta.url), "utf8");
  const declared = [...text.matchAll(/^declare (?:var|function) (\w+)/gm)].map(([, name]) => name ?? "");
  expect(declared.length).toBeGreaterThan(5);
  for (const name of declared) expect([name, name in globalThis]).toEqual([name, true]);
});
