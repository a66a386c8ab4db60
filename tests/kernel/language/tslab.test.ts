// Notebooks written for tslab run unchanged: its display module by type, and the kinds of cells of its examples on a real kernel.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { diagnose } from "../../../kernel/language/diagnostics.ts";
import { createNotebook } from "../../../kernel/language/notebook.ts";
import type { WireMessage } from "../../../kernel/wire/frames.ts";
import { startKernel } from "../running-kernel.ts";
import { newPlaces } from "./places.ts";

const FILE = fileURLToPath(new URL("tslab.ipynb", import.meta.url));

interface Cell {
  readonly cell_type: string;
  readonly source: readonly string[];
  readonly outputs: readonly unknown[];
}

/** As a front end keeps them in the file: an update replaces what it names, text that follows text of its stream is one. */
function outputsOf(iopub: readonly WireMessage[]): unknown[] {
  const outputs: { readonly id: unknown; output: Record<string, unknown> }[] = [];
  for (const { header, content } of iopub) {
    const { data, metadata, transient, name, text, execution_count } = content;
    const id = (transient as { display_id?: string } | undefined)?.display_id;
    const output_type = header.msg_type;
    if (output_type === "stream") {
      const last = outputs.at(-1);
      if (last?.output["name"] === name && last)
        last.output = { ...last.output, text: `${String(last.output["text"])}${String(text)}` };
      else outputs.push({ id, output: { name, output_type, text } });
    }
    if (output_type === "display_data") outputs.push({ id, output: { data, metadata, output_type } });
    if (output_type === "execute_result")
      outputs.push({ id, output: { data, execution_count, metadata, output_type } });
    if (output_type !== "update_display_data") continue;
    for (const [index, shown] of outputs.entries())
      if (shown.id === id) outputs[index] = { id, output: { data, metadata, output_type: "display_data" } };
  }
  return outputs.map(({ output }) => output);
}

test("the module has everything tslab's declares, with its types; a wrong call is refused", () => {
  const places = newPlaces();
  const notebook = createNotebook(places);
  const theirs = `${places.packageRoot}node_modules/tslab/dist/public.js`;
  const same = `import * as ours from "tslab"\nimport type * as theirs from "${theirs}"\nconst same: Omit<typeof theirs, "default"> = ours`;
  expect(diagnose(notebook, same)).toEqual([]);
  expect(diagnose(notebook, 'import * as tslab from "tslab"; tslab.display.htlm("x")')).toMatchObject([{ code: 2339 }]);
});

test("23 cells of the kinds of tslab's examples give the outputs stored with them", { timeout: 120_000 }, async () => {
  const notebook = JSON.parse(readFileSync(FILE, "utf8")) as { cells: Cell[] };
  const cells = notebook.cells.filter((cell) => cell.cell_type === "code");
  const kernel = await startKernel();
  try {
    for (const cell of cells) {
      const { reply, iopub } = await kernel.client.execute(cell.source.join(""), {}, 60_000);
      expect([cell.source, reply["ename"]]).toEqual([cell.source, undefined]);
      const outputs = outputsOf(iopub);
      expect({ source: cell.source, outputs }).toEqual({ source: cell.source, outputs: cell.outputs });
    }
    expect(cells).toHaveLength(23);
    expect(await kernel.client.works()).toBe(true);
  } finally {
    await kernel.dispose();
  }
});
