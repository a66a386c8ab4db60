// `blankslate start`, which `npm start` runs: from a fresh checkout to the first results. Sets up what is missing, installs the kernel, runs the
// quickstart on it, prints its scorecard and says where everything lies.
import { join, relative, resolve } from "node:path";
import { findJupyter, findKernels } from "./examine.ts";
import { installKernelspec } from "./install.ts";
import { ROOT } from "./kernel-argv.ts";
import type { Notebook } from "./run/notebook.ts";
import { sayEnd } from "./run/end.ts";
import { exitCodeOf, runNotebook } from "./run.ts";
import { prepareEngine } from "./setup-engine.ts";
import { bold, facts, faint, markLine, paint, say, shortPath, wrapWords } from "./terminal.ts";

/** The command. */
export async function start(options: { readonly results: string }): Promise<number> {
  say(`\n${bold("Blankslate")} ${faint("how far does a model get that starts from nothing?")}\n`);
  await prepareEngine();
  await prepareKernel();
  const results = resolve(options.results);
  const report = await runNotebook(join(ROOT, "notebooks", "quickstart.ipynb"), new Map(), {
    output: join(results, "quickstart.ipynb"),
    html: true,
  });
  sayEnd(report);
  if (report.end.kind === "finished") {
    sayScorecard(report.notebook);
    await sayWhatNext(report.files?.html ?? report.output);
  }
  return exitCodeOf(report);
}

async function prepareKernel(): Promise<void> {
  const here = (await findKernels()).find(({ state, name }) => state === "here" && name === "blankslate");
  const { displayName, folder } = here ?? (await installKernelspec({}));
  say(markLine("ok", `Kernel: ${displayName} ${faint(shortPath(folder))}`));
}

/** The scorecard is what the quickstart shows last: its last tables and words, as plain text. */
function sayScorecard(notebook: Notebook): void {
  const last = notebook.cells.findLast((cell) => cell.cell_type === "code" && cell.outputs.length > 0);
  if (last?.cell_type !== "code") return;
  const texts = last.outputs.map((output) => {
    if (output.output_type === "stream") return output.text.trimEnd();
    if (output.output_type === "error") return "";
    const { "text/plain": plain, "text/markdown": markdown } = output.data;
    return [plain, markdown].find((text) => typeof text === "string") ?? "";
  });
  const width = Math.min(process.stdout.columns || 100, 100) - 4;
  const lines = texts.filter((text) => text !== "").flatMap((text) => [...text.split("\n"), ""]);
  say();
  for (const [index, line] of lines.entries()) {
    const shown = wrapWords(line, width).map((part) => `  ${colourReadings(part)}`.trimEnd());
    say(index === 0 ? bold(shown.join("\n")) : shown.join("\n"));
  }
}

function colourReadings(line: string): string {
  return line.replace(/(✓|✗|○)(?= \w+$)/, (sign) =>
    paint(sign === "✓" ? "green" : sign === "✗" ? "red" : "yellow", sign),
  );
}

async function sayWhatNext(page: string): Promise<void> {
  const { lab } = await findJupyter();
  const here = relative(process.cwd(), page);
  const rows: [string, string][] = [["look", `open ${here.startsWith("..") ? page : here} in a browser`]];
  const which = lab ? `JupyterLab ${lab}, kernel TypeScript (Blankslate)` : "obtains JupyterLab first, if you agree";
  rows.push(["work", `npx blankslate lab notebooks  ${faint(which)}`]);
  rows.push(["run", "npx blankslate run NOTEBOOK --html"]);
  say(facts(rows));
  say();
}
