import { readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileExamples } from "./examples/compile.ts";
import { collectExamples, ROOT } from "./examples/collect.ts";

/** Of the widget package, written for the browser. */
const isWidget = (file: string): boolean => file.startsWith("kernel/execute/executor/widgets/");

test("every @example that says a value gives it, more than 100 of them", () => {
  const printed = execFileSync(process.execPath, ["--no-warnings", join(ROOT, "tests/lib/examples/run.ts")], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const { ran, failures } = JSON.parse(printed) as { ran: number; failures: string[] };
  expect(failures).toEqual([]);
  expect(ran).toBeGreaterThan(100);
}, 120_000);

test("every other @example compiles against the library's types; a misspelt option in one would not", () => {
  const examples = collectExamples().filter(({ file, value }) => value === undefined && !isWidget(file));
  expect(compileExamples(examples)).toEqual([]);
  const wrong = { file: "lib/report/score-charts.ts", line: 1, value: undefined };
  expect(compileExamples([{ ...wrong, code: "chart.accuracy(score, { chnce: 0.1 })" }])[0]).toContain("chnce");
}, 120_000);

test("the three pieces of code of the page for those who come from elsewhere compile, as one notebook", () => {
  const file = "notebooks/coming-from.md";
  const pieces = [...readFileSync(join(ROOT, file), "utf8").matchAll(/^```ts\n(.*?)^```/gms)].map(
    (found) => found[1] ?? "",
  );
  expect(pieces).toHaveLength(3);
  expect(compileExamples([{ file, line: 1, code: pieces.join("\n"), value: undefined }])).toEqual([]);
}, 120_000);
