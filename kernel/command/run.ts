// `blankslate run`: a notebook executed from top to bottom without a browser, on a kernel of its own; the executed notebook and what else
// was asked for are written also when a cell failed or ^C came. Exit codes: 0 all cells ran (and, with --check, gave what was stored),
// 1 a cell failed or differs, 130 interrupted.
import { basename, dirname, join, resolve } from "node:path";
import { fault } from "../../lib/core/errors.ts";
import { type CheckReport, checkNotebook, DEFAULT_TOLERANCE, storedResults } from "./run/check/check.ts";
import { sayEnd, sayHowToGoOn } from "./run/end.ts";
import { type Wanted, writeFiles, type WrittenFiles } from "./run/files.ts";
import { gridOf } from "./run/grid.ts";
import { endEarlier, findKept, Keeping } from "./run/keep/keeping.ts";
import { type Resume, takeOver } from "./run/keep/record.ts";
import { makeManifest } from "./run/manifest/manifest.ts";
import { orderWarnings } from "./run/manifest/order.ts";
import { type Notebook, readNotebook } from "./run/notebook.ts";
import { injectParameters, type Parameters, parseParameters, unknownParameters } from "./run/parameters.ts";
import { type Execution, execute } from "./run/on-kernel.ts";
import { bold, duration, facts, faint, markLine, say } from "./terminal.ts";

export interface RunOptions extends Wanted {
  readonly output?: string;
  readonly parameters: readonly (readonly [string, string])[];
  /** One run per combination of the parameters that are lists. */
  readonly grid?: boolean;
  /** Compare with the stored results; nothing is written unless `output` says where. */
  readonly check?: boolean;
  /** Relative, for numbers; default 1e-6. */
  readonly tolerance?: number;
  /** Per cell, in seconds. */
  readonly timeout?: number;
  /** If it stops, its kernel stays this many minutes, for `resume`. */
  readonly keep?: number;
  /** Goes on where the run with this output stopped, with the kernel that it left. */
  readonly resume?: boolean;
}

export interface RunReport {
  readonly end: Execution["end"];
  readonly notebook: Notebook;
  readonly check: CheckReport | undefined;
  /** undefined: nothing was written. */
  readonly files: WrittenFiles | undefined;
  readonly output: string;
  /** The kernel's start included; what ran before a resume, too. */
  readonly ms: number;
  readonly kept: Execution["kept"];
  readonly resumes: readonly Resume[];
}

const EXIT_CODES = { finished: 0, failed: 1, timeout: 1, died: 1, interrupted: 130 } as const;

/** The command. */
export async function run(path: string, options: RunOptions): Promise<number> {
  const { html, pdf, figures, latexTables, roCrate } = options;
  if (options.check === true && options.output === undefined && (html ?? pdf ?? figures ?? latexTables ?? roCrate)) {
    throw fault("CHECK_FILES", "--check writes no files.", "say with -o where the notebook of this run goes, too.");
  }
  if ((options.keep !== undefined || options.resume === true) && (options.grid === true || options.check === true)) {
    throw fault("KEEP_ALONE", "--keep and --resume are for one plain run.", "leave out --grid and --check.");
  }
  const parameters = parseParameters(options.parameters);
  if (options.grid === true) return runGrid(path, parameters, options);
  const report = await runNotebook(path, parameters, options);
  sayEnd(report);
  sayHowToGoOn(report, path, options.output);
  return exitCodeOf(report);
}

export const exitCodeOf = ({ end, check }: RunReport): number =>
  EXIT_CODES[end.kind] || (check && check.different.length > 0 ? 1 : 0);

/** One run after another; a failing one does not stop the rest, ^C does. */
async function runGrid(path: string, parameters: Parameters, options: RunOptions): Promise<number> {
  if (options.check === true) throw fault("GRID_CHECK", "--grid and --check do not go together.", "check one output.");
  const points = gridOf(parameters);
  const base = resolve(options.output ?? `${stem(path)}.executed.ipynb`).replace(/\.ipynb$/, "");
  const rows: [string, string][] = [];
  let code = 0;
  for (const [index, point] of points.entries()) {
    say(`\n${bold(`${index + 1}/${points.length}  ${point.title}`)}`);
    const own = { ...ownPlaces(options, point.name), output: `${base}.${point.name}.ipynb` };
    const report = await runNotebook(path, point.parameters, { ...options, ...own });
    sayEnd(report);
    rows.push([point.title, `${report.end.kind}, ${duration(report.ms)}`]);
    code ||= exitCodeOf(report);
    if (report.end.kind === "interrupted") break;
  }
  say(`\n${facts(rows)}`);
  return code;
}

/** Pages go beside each notebook, folders get one folder per combination. */
function ownPlaces(options: RunOptions, name: string): Wanted {
  const { html, pdf, figures, latexTables, roCrate } = options;
  return {
    ...(html !== undefined && { html: true }),
    ...(pdf !== undefined && { pdf: true }),
    ...(figures !== undefined && { figures: join(figures, name) }),
    ...(latexTables !== undefined && { latexTables: join(latexTables, name) }),
    ...(roCrate !== undefined && { roCrate: join(roCrate, name) }),
  };
}

/** Runs, shows progress, compares and writes. */
export async function runNotebook(
  path: string,
  parameters: Parameters,
  options: Omit<RunOptions, "parameters">,
): Promise<RunReport> {
  const name = basename(path);
  const folder = dirname(resolve(path));
  const given = await readNotebook(path);
  checkLanguage(given, path);
  const stored = options.check === true ? storedResults(given, name) : undefined;
  const wantedOutput = resolve(options.output ?? `${stem(path)}.executed.ipynb`);
  const found = options.resume === true ? await findKept(path, wantedOutput) : undefined;
  const orderBefore = found?.run.orderBefore ?? orderWarnings(given);
  const values = found && parameters.size === 0 ? found.run.parameters : parameters;
  const notebook = injectParameters(given, values);
  const output = found?.output ?? wantedOutput;
  if (options.roCrate !== undefined) {
    await (await import("./run/manifest/crate.ts")).checkCrateFolder(resolve(options.roCrate));
  }
  const from = found ? takeOver(found.run, notebook) : 1;
  const resumes = found ? [...found.run.resumes, { ...found.run.stop, at: new Date().toISOString() }] : [];

  say(`\n  ${bold(name)}${describe(notebook, values)}`);
  for (const unknown of unknownParameters(given, parameters)) {
    say(`  ${markLine("note", `the cell tagged parameters does not set ${unknown}`)}`);
  }
  if (found) say(`  ${markLine("note", `goes on at cell ${from}, with the variables of the ${from - 1} before it`)}`);
  else if (await endEarlier(output)) say(`  ${markLine("note", "the kernel that an earlier run had kept was ended")}`);
  const idleMinutes = options.keep ?? found?.run.idleMinutes;
  const keeping = idleMinutes && new Keeping(output, found?.run, idleMinutes, { parameters: values, orderBefore });
  const plan = { from, resumes, earlier: found?.run, keeping: keeping || undefined, timeout: options.timeout };
  const { end, laboratory, kernel, ms, kept } = await execute(notebook, folder, plan);
  const check = stored && checkNotebook(stored, notebook, options.tolerance ?? DEFAULT_TOLERANCE, laboratory);
  let files: WrittenFiles | undefined;
  if (!stored || options.output !== undefined) {
    const about = { name, folder, notebook, parameters: values, orderBefore, resumes, laboratory, kernel, ms };
    const manifest = await makeManifest({ ...about, end: end.kind });
    files = await writeFiles(path, output, notebook, manifest, options);
  }
  return { end, notebook, check, files, output, ms, kept, resumes };
}

function checkLanguage(notebook: Notebook, path: string): void {
  const spec = notebook.metadata["kernelspec"] as { language?: unknown; display_name?: unknown } | undefined;
  const language = spec?.language;
  if (typeof language !== "string" || /^(typescript|javascript)$/i.test(language)) return;
  const fact = `${basename(path)} is a notebook in ${language}.`;
  throw fault("NOTEBOOK_LANGUAGE", fact, "this kernel runs TypeScript; jupyter execute runs others.");
}

const stem = (path: string) => basename(path).replace(/\.ipynb$/, "");

function describe(notebook: Notebook, parameters: Parameters): string {
  const count = notebook.cells.filter((cell) => cell.cell_type === "code").length;
  const given = [...parameters].map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join(", ");
  return faint(`  ${count} code cells${given === "" ? "" : `  ${given}`}`);
}
