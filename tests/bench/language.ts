// How long the language service and the cell transform take, and tslab's converter at the same in the same process. Prints a table; CPU
// time of the thread, since other work on the machine would only blur wall time. Run: node tests/bench/language.ts [--laboratory]
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformCell } from "../../kernel/execute/executor/transform.ts";
import { completeAt } from "../../kernel/language/completion.ts";
import { diagnose } from "../../kernel/language/diagnostics.ts";
import { createNotebook } from "../../kernel/language/notebook.ts";

const CELLS = 500;
const places = {
  cwd: mkdtempSync(join(tmpdir(), "blankslate-bench-")),
  packageRoot: fileURLToPath(new URL("../..", import.meta.url)),
};

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The clock of the thread ticks every few milliseconds on some machines, so means of many, not single runs. */
function mean(runs: number, work: (run: number) => void): number {
  const started = cpuMs();
  for (let run = 0; run < runs; run++) work(run);
  return (cpuMs() - started) / runs;
}

const hundredLines = Array.from(
  { length: 25 },
  (_, i) => `const v${i}: number = ${i} + Math.sqrt(${i});
function f${i}<T extends object>(a: T, b?: string): string { return JSON.stringify({ a, b, q: [1, 2, 3].map((x: number) => x * ${i}) }); }
interface I${i} { a: number; b?: string }
if (v${i} > 3) { console.log(f${i}({}, "x"), v${i} as number); }
`,
).join("");

const rows: Record<string, { "ms of CPU": string; target: string; tslab: string }> = {};
const row = (name: string, value: number, target = "", tslab?: number) =>
  (rows[name] = { "ms of CPU": value.toFixed(2), target, tslab: tslab?.toFixed(2) ?? "" });

transformCell(hundredLines);
row(
  "transform, trivial cell",
  mean(200, (i) => transformCell(`1 + ${i}`)),
);
row(
  "transform, 100 lines",
  mean(100, (i) => transformCell(`${hundredLines}${i}`)),
  "≤ 2",
);

// Its one function checks and transforms; the declarations of earlier cells are its argument.
const tslabStarted = cpuMs();
const { createConverter } = (await import("tslab/dist/converter.js")) as unknown as {
  readonly createConverter: () => {
    convert(earlier: string, code: string): { readonly declOutput?: string; readonly diagnostics: readonly unknown[] };
    complete(earlier: string, code: string, cursor: number): { readonly candidates: readonly string[] };
    close(): void;
  };
};
// It looks for the types of `console` from the working folder.
const folder = process.cwd();
process.chdir(places.packageRoot);
const tslab = createConverter();
const convert = (code: string, earlier = "") => {
  const { diagnostics, declOutput } = tslab.convert(earlier, code);
  if (diagnostics.length > 0) throw new Error(`tslab refuses ${code}: ${JSON.stringify(diagnostics)}`);
  return declOutput ?? "";
};
convert("const first: number = 1");
const tslabFirst = cpuMs() - tslabStarted;
mean(20, (i) => convert(`${i}`));
const completeTslab = (i: number, code: string) => {
  const text = `${i}; ${code}`;
  if (tslab.complete("", text, text.length).candidates.length === 0) throw new Error(`tslab finds nothing at ${code}`);
};
const rival = {
  trivial: mean(30, (i) => convert(`${i} + 1`)),
  hundredLines: mean(10, (i) => convert(`${hundredLines}${i}`)),
  member: mean(30, (i) => completeTslab(i, "JSON.stri")),
  name: mean(30, (i) => completeTslab(i, "cons")),
  growth: tslabGrowth(),
};
tslab.close();
process.chdir(folder);

/** @returns the time of the tenth and the last of the cells below, a fifth as many as ours: they cost it tens of milliseconds each */
function tslabGrowth(): { readonly tenth: number; readonly last: number } {
  const cells = CELLS / 5;
  const times: number[] = [];
  let earlier = "";
  for (let i = 0; i < cells; i++) {
    const begun = cpuMs();
    earlier = convert(growingCell(i), earlier);
    times.push(cpuMs() - begun);
  }
  const average = (from: number, to: number) => times.slice(from, to).reduce((sum, t) => sum + t, 0) / (to - from);
  return { tenth: average(5, 35), last: average(cells - 30, cells) };
}

function growingCell(i: number): string {
  return `const w${i} = ${i} + ${i > 0 ? `w${i - 1}` : 1}; function g${i}(a: number) { return a + w${i} }`;
}

const started = cpuMs();
const notebook = createNotebook(places);
diagnose(notebook, "const first: number = 1");
row("first check (TypeScript is loaded)", cpuMs() - started, "", tslabFirst);
if (process.argv.includes("--laboratory")) {
  notebook.remember("import { world, model, sft, tf } from 'blankslate'; const task = world.stateMachine({ seed: 7 })");
  diagnose(notebook, "task");
}
mean(20, (i) => diagnose(notebook, `${i}`));
row(
  "check, trivial cell",
  mean(50, (i) => diagnose(notebook, `${i} + 1`)),
  "≤ 15",
  rival.trivial,
);
row(
  "check, 100 lines",
  mean(20, (i) => diagnose(notebook, `${hundredLines}${i}`)),
  "≤ 60",
  rival.hundredLines,
);
row(
  "completion after a dot",
  mean(50, (i) => completeAt(notebook, `${i}; JSON.stri`, `${i}; JSON.stri`.length)),
  "≤ 10",
  rival.member,
);
row(
  "completion of a name",
  mean(50, (i) => completeAt(notebook, `${i}; cons`, `${i}; cons`.length)),
  "≤ 10",
  rival.name,
);

const cost: { check: number; all: number }[] = [];
for (let i = 0; i < CELLS; i++) {
  const code = growingCell(i);
  const begun = cpuMs();
  diagnose(notebook, code);
  const checked = cpuMs();
  notebook.remember(code);
  cost.push({ check: checked - begun, all: cpuMs() - begun });
}
const average = (from: number, to: number, of: "check" | "all") =>
  cost.slice(from, to).reduce((sum, c) => sum + c[of], 0) / (to - from);
row("cell 10: check", average(5, 35, "check"), "", rival.growth.tenth);
row("cell 500 (tslab: 100): check", average(CELLS - 30, CELLS, "check"), "", rival.growth.last);
row(
  "cell 500 (100) : cell 10, check",
  average(CELLS - 30, CELLS, "check") / average(5, 35, "check"),
  "≤ 1.2",
  rival.growth.last / rival.growth.tenth,
);
row("cell 500 : cell 10, with what follows the check", average(CELLS - 30, CELLS, "all") / average(5, 35, "all"));
row(
  "completion after 500 cells",
  mean(50, (i) => completeAt(notebook, `${i}; JSON.stri`, `${i}; JSON.stri`.length)),
  "≤ 10",
);
console.table(rows);
