// Deno's display API in cells, checked and run.
import { writeFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { diagnose } from "../../../kernel/language/diagnostics.ts";
import { createNotebook } from "../../../kernel/language/notebook.ts";
import { newPlaces } from "../language/places.ts";
import { ExecutorProcess } from "./process.ts";

const CELLS: readonly (readonly [string, object])[] = [
  [
    "class A { [Deno.jupyter.$display]() { return { 'text/html': '<b>a</b>' } } }\nnew A()",
    { "text/html": "<b>a</b>" },
  ],
  ["const { html } = Deno.jupyter\nhtml`<p>${'<x>'}</p>`", { "text/html": "<p>&lt;x&gt;</p>" }],
  ["Deno.jupyter.md`# a`", { "text/markdown": "# a" }],
  ["Deno.jupyter.svg`<svg></svg>`", { "image/svg+xml": "<svg></svg>" }],
  ["Deno.jupyter.image('dot.png')", { "image/png": "iVBORw0KGgo=" }],
  ["await Deno.jupyter.format(1)", { "text/plain": "{ 'text/plain': '1' }" }],
];

test("Deno.jupyter shows values as Deno's kernel does, and libraries see no Deno", async () => {
  const folder = mkdtempSync(join(tmpdir(), "blankslate-deno-"));
  writeFileSync(join(folder, "dot.png"), Buffer.from("89504e470d0a1a0a", "hex"));
  const notebook = createNotebook(newPlaces());
  const executor = await ExecutorProcess.start(folder);
  try {
    for (const [cell, data] of CELLS) {
      expect([cell, diagnose(notebook, cell)]).toEqual([cell, []]);
      expect((await executor.run(cell)).result?.data).toMatchObject(data);
    }
    const twice = "await Deno.jupyter.display({ 'text/plain': 'a' }, { raw: true, display_id: 'x' })\n";
    const { displays } = await executor.run(
      `${twice}await Deno.jupyter.display('b', { display_id: 'x', update: true })`,
    );
    expect(displays.map(({ displayId, update }) => [displayId, update])).toEqual([
      ["x", false],
      ["x", true],
    ]);
    expect((await executor.run("(() => eval)()('typeof Deno') + typeof globalThis['Deno']")).text).toBe(
      "'undefinedundefined'",
    );
    expect((await executor.run("const Deno = { jupyter: 5 }\nDeno.jupyter")).text).toBe("5");
  } finally {
    await executor.stop();
  }
});
