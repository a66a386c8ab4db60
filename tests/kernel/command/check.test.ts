import { expect, test } from "vitest";
import { checkNotebook } from "../../../kernel/command/run/check/check.ts";
import { compareOutputs } from "../../../kernel/command/run/check/outputs.ts";
import { isSameText, scrub } from "../../../kernel/command/run/check/texts.ts";
import { orderWarnings } from "../../../kernel/command/run/manifest/order.ts";
import { type Notebook, type Output, parseNotebook } from "../../../kernel/command/run/notebook.ts";
import { rowsTable, tableBundle } from "../../../lib/core/table.ts";
import { VOLATILE_MIME } from "../../../lib/core/volatile.ts";

const shown = (data: Record<string, unknown>): Output => ({ output_type: "display_data", data, metadata: {} });
const printed = (text: string): Output => ({ output_type: "stream", name: "stdout", text });
const what = (stored: Output[], now: Output[], tolerance = 1e-6) =>
  compareOutputs(stored, now, tolerance).differences.map((one) => one.what);

test("printed text must be equal; durations, dates and the folders of paths are left out, and counted", () => {
  expect(what([printed("loss 0.5\n")], [printed("loss 0.5000001\n")], 0.1)).toEqual(["stdout"]);
  const line = (time: string, date: string, folder: string) =>
    printed(`done in ${time} at ${date}: ${folder}/loss.csv\n`);
  const stored = line("3.2 s", "2026-01-02T03:04:05.678Z", "/home/ada/run");
  const now = line("1 min 12 s", "2027-11-12T13:14:15Z", "/tmp/x");
  expect(compareOutputs([stored], [now], 0)).toEqual({ differences: [], left: 3 });
  expect(what([stored], [printed("done in 3 s at 2026-01-02T03:04:05Z: /tmp/x/accuracy.csv\n")])).toEqual(["stdout"]);
  expect(scrub("70 steps, 3 samples, 5 m", []).left).toBe(0);
});

test("numbers of results may differ by the tolerance and words may not: 0.500 ~ 0.5001 at 1e-3, ± and − and 1,000 are read", () => {
  expect(isSameText("accuracy  0.500 ± 0.01", "accuracy 0.5001 ± 0.01", 1e-3)).toBe(true);
  expect(isSameText("accuracy  0.500", "accuracy 0.5001", 1e-5)).toBe(false);
  expect(isSameText("−1,000 points", "-1000.1 points", 1e-3)).toBe(true);
  expect(isSameText("accuracy 0.5", "precision 0.5", 1)).toBe(false);
  expect(isSameText("0.5", "0.5 0.5", 1)).toBe(false);
});

test("what an output names as a time is left out of all its texts, and nothing else is", () => {
  const run = (time: string, loss: string) =>
    shown({
      "text/plain": `sft  ${time}  ${loss}`,
      "text/html": `<style>p{margin:${time}}</style><p>sft <b>${time}</b> ${loss}</p>`,
      [VOLATILE_MIME]: { texts: [time] },
    });
  expect(what([run("8320 tokens/s", "0.25")], [run("19.4 k tokens/s", "0.25")])).toEqual([]);
  expect(what([run("8320 tokens/s", "0.25")], [run("19.4 k tokens/s", "0.26")])).toEqual(["text/plain"]);
  expect(what([run("188", "188")], [run("191", "188")])).toEqual([]);
  expect(what([run("188", "188")], [run("188", "189")])).toEqual(["text/plain"]);
});

test("digits in groups are one number: a rate of five digits is left out like one of four, a count is compared whole", () => {
  const run = (steps: number, tokensPerSecond: number): Output => {
    const bundle = tableBundle(rowsTable([{ steps, tokensPerSecond }]));
    expect(bundle["text/html"]).toContain("</span>");
    return shown({ "text/html": bundle["text/html"], [VOLATILE_MIME]: bundle[VOLATILE_MIME] });
  };
  expect(what([run(10_999, 9_183)], [run(10_999, 11_183)])).toEqual([]);
  expect(what([run(10_999, 9_183)], [run(11_000, 11_183)], 1e-3)).toEqual([]);
  expect(what([run(10_999, 9_183)], [run(11_099, 11_183)], 1e-3)).toEqual(["text/html"]);
});

test("figures are compared by their data: a point that moved by 1 % of the curve's height is named, one by 1e-9 is not", () => {
  const figure = (y: number) => ({ data: [{ name: "loss", y: [3, 2, y] }], layout: { title: { text: "Loss" } } });
  const output = (y: number) =>
    shown({ "application/vnd.plotly.v1+json": figure(y), "image/png": `png${y}`, "text/plain": "Loss" });
  expect(what([output(1e-6)], [output(1e-6 + 1e-9)])).toEqual([]);
  expect(what([output(1)], [output(1.03)])).toEqual(["data[0].y[2] of application/vnd.plotly.v1+json"]);
  const page = (y: number) =>
    shown({ "text/html": `<p>sft</p><script type="application/json">\n${JSON.stringify(figure(y))}\n</script>` });
  expect(what([page(1)], [page(1.03)])).toEqual(["[0].data[0].y[2] of chart"]);
  expect(what([shown({ "image/png": "AAAA" })], [shown({ "image/png": "AAAB" })])).toEqual(["image/png"]);
});

test("how an axis writes its numbers is no result; what the axis is of and where it ends is", () => {
  const axis = (yaxis: object) => shown({ "application/vnd.plotly.v1+json": { data: [], layout: { yaxis } } });
  expect(what([axis({ tickformat: ".0~%" })], [axis({ tickformat: ".2~%", exponentformat: "power" })])).toEqual([]);
  expect(what([axis({ range: [0, 1] })], [axis({ range: [0, 2] })])).toEqual([
    "layout.yaxis.range[1] of application/vnd.plotly.v1+json",
  ]);
});

test("a missing output, another kind of output and another error are differences; a cell that did not run now is not compared", () => {
  const error = (evalue: string, file: string): Output => ({
    output_type: "error",
    ename: "RangeError",
    evalue,
    traceback: [`RangeError: ${evalue}`, `    at f (${file}:1:2)`],
  });
  expect(what([printed("a")], [])).toEqual(["outputs"]);
  expect(what([printed("a")], [shown({ "text/plain": "a" })])).toEqual(["outputs"]);
  expect(what([error("too big", "/a/b.ts")], [error("too big", "/c/d.ts")])).toEqual([]);
  expect(what([error("too big", "/a/b.ts")], [error("too small", "/a/b.ts")])).toEqual(["error"]);

  const stored = notebook([1, [printed("one")]], [2, [printed("two")]]);
  const now = notebook([1, [printed("one")]], [null, []]);
  expect(checkNotebook(stored, now, 0)).toMatchObject({ cells: 1, different: [] });
  const other = notebook([1, [printed("uno")]], [2, [printed("two")]]);
  expect(checkNotebook(stored, other, 0).different).toMatchObject([
    { number: 1, differences: [{ what: "stdout", stored: "one", now: "uno" }] },
  ]);
});

test("a run on another engine or another kind of processor is told; on a GPU the processor does not count", () => {
  const place = (cpu: string, device = "cpu") => ({
    engine: { name: "tensorflow", version: "2.21.0", device, threads: 2 },
    machine: { cpu },
  });
  const one = notebook([1, [printed("one")]]);
  const stored = (laboratory: unknown): Notebook => ({
    ...one,
    metadata: { blankslate: { manifest: { laboratory } } },
  });
  const told = (before: unknown, now: unknown) => checkNotebook(stored(before), one, 0, now).places;
  expect(told(place("EPYC"), place("Xeon"))).toEqual([
    "tensorflow 2.21.0 on EPYC, 2 threads",
    "tensorflow 2.21.0 on Xeon, 2 threads",
  ]);
  expect(told(place("EPYC"), place("EPYC"))).toBeUndefined();
  expect(told(place("EPYC", "cuda"), place("Xeon", "cuda"))).toBeUndefined();
  expect(told(undefined, place("Xeon"))).toBeUndefined();
});

test("counts say how stored outputs were made: in order none, else which cell ran after which", () => {
  expect(orderWarnings(notebook([1, []], [2, []], [3, []]))).toEqual([]);
  expect(orderWarnings(notebook([null, []], [null, []]))).toEqual([]);
  expect(orderWarnings(notebook([1, []], [7, []], [5, []], [null, []]))).toEqual([
    "cell 2 [7] ran after cell 3 [5]",
    "1 cell had not run",
    "7 executions for 3 cells: some ran again, or were removed",
  ]);
});

function notebook(...cells: readonly (readonly [count: number | null, outputs: Output[]])[]): Notebook {
  const parsed = cells.map(([execution_count, outputs], i) => ({
    cell_type: "code",
    id: `c${i}`,
    metadata: {},
    source: `cell(${i})`,
    execution_count,
    outputs,
  }));
  return parseNotebook(JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: parsed }), "test");
}
