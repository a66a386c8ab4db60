import { describe, expect, test } from "vitest";
import { figuresOf } from "../../../kernel/command/run/pictures/figures.ts";
import { drawFigures } from "../../../kernel/command/run/pictures/draw.ts";
import type { Notebook } from "../../../kernel/command/run/notebook.ts";
import { PLOTLY_MIME } from "../../../lib/core/plotly-page.ts";
import { chromiumPath } from "../../browser/chromium.ts";

const notebookOf = (figure: unknown): Notebook => ({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: {},
  cells: [
    {
      cell_type: "code",
      id: "a",
      metadata: {},
      source: "",
      execution_count: 1,
      outputs: [{ output_type: "display_data", data: { [PLOTLY_MIME]: figure, "text/plain": "figure" }, metadata: {} }],
    },
  ],
});

describe.skipIf(chromiumPath() === undefined)("figures written by hand, drawn by Chromium", () => {
  test("a bar chart becomes a PNG of 1080 × 600 pixels in the notebook; a figure that says </script> draws as well", async () => {
    const notebook = notebookOf({
      data: [{ type: "bar", x: ["</script><script>alert(1)</script>"], y: [1] }],
      layout: {},
    });
    expect(figuresOf(notebook)).toMatchObject({ count: 0, missing: 1 });
    await drawFigures(notebook);
    const { files, missing } = figuresOf(notebook);
    expect([files.map(({ name }) => name), missing]).toEqual([["01-figure.png"], 0]);
    const png = Buffer.from(files[0]?.content ?? "");
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1080, 600]);
  }, 120_000);

  test("what has a picture already, and what is no figure, stays as it is", async () => {
    const notebook = notebookOf({ data: [], layout: {} });
    const [cell] = notebook.cells;
    if (cell?.cell_type !== "code") throw new Error("a code cell");
    const [output] = cell.outputs;
    if (output?.output_type === "display_data") output.data = { ...output.data, "image/png": "mine" };
    const before = JSON.stringify(notebook);
    await drawFigures(notebook);
    expect(JSON.stringify(notebook)).toBe(before);
  });
});
