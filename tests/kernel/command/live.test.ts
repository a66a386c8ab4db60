import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { encodeNotebook, parseNotebook } from "../../../kernel/command/run/notebook.ts";
import { blankslate, freshFolder, ROOT } from "./blankslate.ts";

const SOURCES = [
  `import { chart } from "${ROOT}/lib/index.ts";\nconst loss = Array.from({ length: 1000 }, (_, i) => 3 / (i + 1));`,
  `for (let n = 1; n <= 1000; n++)
  display.html(chart.line({ loss: { y: loss.slice(0, n) } }, { title: "live" }).svg(), { displayId: "live", update: n > 1 });`,
  `display.html(chart.line({ loss: { y: loss } }, { title: "live" }).svg());`,
];

test("a live chart of 1,000 updates leaves in the notebook what one final chart leaves: one output, byte for byte", async () => {
  const folder = freshFolder();
  const cells = SOURCES.map((source, i) => ({
    cell_type: "code" as const,
    id: `cell-${i}`,
    metadata: {},
    source,
    outputs: [],
    execution_count: null,
  }));
  const path = join(folder, "live.ipynb");
  await writeFile(path, encodeNotebook({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }));
  const { code, err } = await blankslate(["run", path], { cwd: folder });
  expect([code, err]).toEqual([0, ""]);
  const executed = parseNotebook(await readFile(join(folder, "live.executed.ipynb"), "utf8"), "live");
  const [, live, final] = executed.cells.flatMap((cell) => (cell.cell_type === "code" ? [cell.outputs] : []));
  expect(live).toHaveLength(1);
  expect(JSON.stringify(live)).toBe(JSON.stringify(final));
  expect(JSON.stringify(final)).toContain("<svg");
}, 240_000);
