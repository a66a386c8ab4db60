// What README.md says in figures and names is what was measured and what there is.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { UNPACKED, wheelsFor } from "../../kernel/command/setup/wheels.ts";
import * as library from "../../lib/index.ts";
import { ALGORITHMS } from "../../lib/train/algorithms/all.ts";
import { ROWS, type Result } from "../bench/kernel/rows.ts";
import { CASES, GENERATIONS, type Measurement } from "../bench/train/cases.ts";
import { compileExamples } from "../lib/examples/compile.ts";
import { ROOT } from "../lib/examples/collect.ts";

const text = readFileSync(join(ROOT, "README.md"), "utf8");
const results = (name: string): unknown => JSON.parse(readFileSync(join(ROOT, "tests/bench/results", name), "utf8"));
/** The cells of every row of every table. */
const rows = text
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const rowOf = (name: string) => rows.find(([first]) => first === name)?.slice(1);

test("the table beside tslab and Deno holds the figures of the committed run, every row of it", () => {
  const kernels = Object.values(results("kernel-2-cores.json") as Record<string, Result>);
  for (const row of ROWS) expect(rowOf(row.name), row.name).toEqual(kernels.map((result) => row.cell(result).text));
});

test("the table beside PyTorch holds the figures of the committed run", () => {
  const { measurements } = results("train-2-cores.json") as { measurements: readonly Measurement[] };
  const figure = (ms: number) => (ms < 100 ? ms.toPrecision(2) : Number(ms.toPrecision(3)).toLocaleString("en"));
  for (const { name } of [...CASES, ...GENERATIONS]) {
    const of = (engine: string) => measurements.find((one) => one.case === name && one.engine === engine);
    const expected = ["pytorch", "tensorflow", "wasm", "wasm, plain tfjs"].map((engine) => {
      const one = of(engine);
      if (!one) return "";
      const times = engine === "tensorflow" || engine === "wasm" ? `, ${one.ofPytorch?.toFixed(1)} times` : "";
      return `${figure(one.msPerStep)} ms${times}`;
    });
    expect(
      rows.map((row) => row.slice(1)),
      name,
    ).toContainEqual(expected);
  }
});

test("what setup downloads and takes on disk is what it says itself", () => {
  const megabytes = (flavour: "cpu" | "cuda") =>
    (wheelsFor(flavour, "linux-x64") ?? []).reduce((sum, wheel) => sum + wheel.megabytes, 0);
  const [cpu, cuda] = [megabytes("cpu"), megabytes("cuda")];
  const gigabytes = (size: number) => `${(size / 1000).toFixed(1)} GB`;
  expect(text).toContain(`a ${cpu} MB download, ${Math.round(cpu * UNPACKED.cpu)} MB on disk`);
  expect(text).toContain(`${gigabytes(cuda)} to download, ${gigabytes(cuda * UNPACKED.cuda)} on disk`);
});

test("the notebooks were executed where it says, with as many threads", () => {
  const folder = join(ROOT, "notebooks");
  const places = readdirSync(folder).filter((name) => name.endsWith(".ipynb"));
  for (const name of places) {
    const manifest = readFileSync(join(folder, name), "utf8");
    const isElsewhere = text.includes(`\`${name.replace(".ipynb", "")}\` on an AMD EPYC`);
    expect(/"cpu": "([^"]+)"/.exec(manifest)?.[1], name).toMatch(isElsewhere ? /^AMD EPYC/ : /^Intel.* Xeon/);
    expect(/"threads": (\d+)/.exec(manifest)?.[1], name).toBe("2");
  }
  expect(text).toContain("on an Intel Xeon with two threads");
});

test("its code compiles, its links lead somewhere, and every function it names is there", () => {
  const [, code = ""] = /^```ts\nimport [^\n]*\n(.*?)^```/ms.exec(text) ?? [];
  expect(compileExamples([{ file: "README.md", line: 1, code, value: undefined }])).toEqual([]);
  const links = [...text.matchAll(/\]\((?!http)([^)]+)\)|(?:src|srcset)="([^"]+)"/g)].map(
    (found) => found[1] ?? found[2] ?? "",
  );
  expect(links.length).toBeGreaterThan(5);
  expect(links.filter((link) => !existsSync(join(ROOT, link)))).toEqual([]);
  const table = rows.slice(rows.findIndex(([first]) => first === "helper") + 2);
  const known = library as unknown as Readonly<Record<string, object | undefined>>;
  const missing = table
    .slice(0, table.findIndex(([first]) => first === "`tf`") + 1)
    .flatMap(([names = "", what = ""]) => {
      const calls = [...names.matchAll(/`(\w+)(\.[^`]*)?/g)].map(([, group = "", members = ""]) => {
        const listed = members.includes("*")
          ? names.startsWith("`world.") || names.startsWith("`probe.")
            ? inQuotes(what)
            : []
          : members.split(/[./ ]+/).filter(Boolean);
        return { group, listed };
      });
      expect(calls.length + Number(names.includes("`.frame()`"))).toBeGreaterThan(0);
      return calls.flatMap(({ group, listed }) =>
        known[group] === undefined
          ? [group]
          : listed.filter((one) => !(one in (known[group] ?? {}))).map((one) => `${group}.${one}`),
      );
    });
  expect(missing).toEqual([]);
  expect([text.includes("RL by"), Object.keys(ALGORITHMS).length]).toEqual([true, 10]);
  for (const name of Object.keys(ALGORITHMS))
    expect(text.toLowerCase().replaceAll(/[ .-]/g, "")).toContain(name.replaceAll("-", ""));
});

const inQuotes = (words: string): string[] => [...words.matchAll(/`(\w+)`/g)].map((found) => found[1] ?? "");
