// `blankslate run`: a notebook executed from top to bottom without a browser, on a kernel of its own; the executed notebook and, if asked, an
// HTML page are written also when a cell failed or ^C came. Exit codes: 0 all cells ran, 1 a cell failed, 130 interrupted.
import { basename, dirname, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { fault } from "../../lib/core/errors.ts";
import { writeFileAtomic } from "../../lib/core/files.ts";
import { KERNEL_NAME } from "./kernel-argv.ts";
import { NotebookRun, type RunEnd } from "./run/execute.ts";
import { openKernel } from "./run/kernel.ts";
import { encodeNotebook, type Notebook, readNotebook } from "./run/notebook.ts";
import { injectParameters, type Parameters, parseParameters, unknownParameters } from "./run/parameters.ts";
import { RunProgress } from "./run/progress.ts";
import { bold, duration, facts, faint, markLine, paint, say, shortPath } from "./terminal.ts";

export interface RunOptions {
  readonly output?: string;
  /** true: beside the executed notebook. */
  readonly html?: string | true;
  /** true: beside the executed notebook. */
  readonly pdf?: string | true;
  readonly parameters: readonly (readonly [string, string])[];
  /** Per cell, in seconds. */
  readonly timeout?: number;
}

export interface RunReport {
  readonly end: RunEnd | { readonly kind: "died"; readonly error: unknown };
  readonly notebook: Notebook;
  readonly output: string;
  readonly html: string | undefined;
  readonly pdf: string | undefined;
  /** The kernel's start included. */
  readonly ms: number;
}

/** Whoever ends this process wants what there is: ^C, a scheduler, a closed terminal. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const EXIT_CODES = { finished: 0, failed: 1, timeout: 1, died: 1, interrupted: 130 } as const;

/** The command. */
export async function run(path: string, options: RunOptions): Promise<number> {
  const report = await runNotebook(path, options);
  sayEnd(report);
  return exitCodeOf(report);
}

export const exitCodeOf = (report: RunReport): number => EXIT_CODES[report.end.kind];

/** Runs, shows progress, writes the files. */
export async function runNotebook(path: string, options: RunOptions): Promise<RunReport> {
  const parameters = parseParameters(options.parameters);
  const given = await readNotebook(path);
  checkLanguage(given, path);
  const notebook = injectParameters(given, parameters);
  const output = resolve(options.output ?? `${stem(path)}.executed.ipynb`);
  const html = besides(output, options.html, ".html");
  const pdf = besides(output, options.pdf, ".pdf");

  say(`\n  ${bold(basename(path))}${describe(notebook, parameters)}`);
  for (const name of unknownParameters(given, parameters)) {
    say(`  ${markLine("note", `the cell tagged parameters does not set ${name}`)}`);
  }
  const started = performance.now();
  const end = await execute(notebook, dirname(resolve(path)), options.timeout);
  await writeFileAtomic(output, encodeNotebook(notebook));
  if (html || pdf) {
    const { notebookPage } = await import("./html/page.ts");
    const page = await notebookPage(notebook, { name: basename(path), folder: dirname(resolve(path)) });
    if (html) await writeFileAtomic(html, page);
    if (pdf) await (await import("./html/pdf.ts")).writePdf(page, pdf);
  }
  return { end, notebook, output, html, pdf, ms: performance.now() - started };
}

async function execute(notebook: Notebook, cwd: string, timeout = Infinity): Promise<RunReport["end"]> {
  const progress = new RunProgress(notebook);
  const job = new NotebookRun(notebook, progress);
  const controller = new AbortController();
  let kernel: Awaited<ReturnType<typeof openKernel>> | undefined;
  // The first ^C stops the cell, the second the kernel; what there is gets written either way.
  const interrupt = () => (controller.signal.aborted ? kernel?.kill() : controller.abort());
  for (const name of SIGNALS) process.on(name, interrupt);
  try {
    kernel = await openKernel(cwd, (message) => job.take(message));
    notebook.metadata["kernelspec"] = {
      name: KERNEL_NAME,
      display_name: "TypeScript (Blankslate)",
      language: "typescript",
    };
    notebook.metadata["language_info"] = kernel.info["language_info"];
    notebook.metadata["blankslate"] = { version: kernel.info["implementation_version"], node: process.versions.node };
    return await job.run(kernel, { timeoutMs: timeout * 1000, signal: controller.signal });
  } catch (error) {
    return { kind: "died", error };
  } finally {
    await kernel?.close();
    for (const name of SIGNALS) process.removeListener(name, interrupt);
  }
}

function checkLanguage(notebook: Notebook, path: string): void {
  const spec = notebook.metadata["kernelspec"] as { language?: unknown; display_name?: unknown } | undefined;
  const language = spec?.language;
  if (typeof language !== "string" || /^(typescript|javascript)$/i.test(language)) return;
  const fact = `${basename(path)} is a notebook in ${language}.`;
  throw fault("NOTEBOOK_LANGUAGE", fact, "this kernel runs TypeScript; jupyter execute runs others.");
}

/** @returns where an extra file goes: where asked, or beside the executed notebook */
function besides(output: string, asked: string | true | undefined, ending: string): string | undefined {
  return asked === true ? output.replace(/\.ipynb$/, "") + ending : asked && resolve(asked);
}

const stem = (path: string) => basename(path).replace(/\.ipynb$/, "");

function describe(notebook: Notebook, parameters: Parameters): string {
  const count = notebook.cells.filter((cell) => cell.cell_type === "code").length;
  const given = [...parameters].map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join(", ");
  return faint(`  ${count} code cells${given === "" ? "" : `  ${given}`}`);
}

/** Says how it ended, if not well, and where the files are. */
export function sayEnd({ end, output, html, pdf, ms }: RunReport): void {
  if (end.kind === "died") throw end.error;
  say();
  sayTrouble(end);
  const rows: [string, string][] = [
    ["time", duration(ms)],
    ["notebook", shortPath(output)],
  ];
  if (html) rows.push(["page", shortPath(html)]);
  if (pdf) rows.push(["PDF", shortPath(pdf)]);
  say(facts(rows));
}

function sayTrouble(end: RunEnd): void {
  if (end.kind === "finished") return;
  if (end.kind === "failed") {
    const { error, number, cell } = end;
    say(markLine("fail", bold(`Cell ${number} failed: ${error.ename}`) + faint(`  id ${cell.id}`)));
    const lines = error.traceback.length > 0 ? error.traceback : [`${error.ename}: ${error.evalue}`];
    const text = lines.join("\n");
    say(indent(process.stdout.hasColors?.() ? text : stripVTControlCharacters(text)));
    if (!stripVTControlCharacters(text).includes(error.evalue.split("\n")[0] ?? ""))
      say(indent(paint("red", error.evalue)));
  } else if (end.kind === "timeout") {
    say(markLine("fail", `Cell ${end.number} ran past its time limit and was interrupted.`));
  } else {
    say(markLine("note", `Interrupted in cell ${end.number}; the cells before it are in the notebook.`));
  }
  say();
}

const indent = (text: string) => text.replace(/^/gm, "  ");
