// `blankslate lab`: opens JupyterLab with this kernel installed: the one on PATH, else a private one that it obtains with pip after asking. The
// terminal is JupyterLab's until it ends.
import { existsSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { join } from "node:path";
import { fault } from "../../lib/core/errors.ts";
import { runInTerminal } from "../execute/terminal-program.ts";
import { runTool } from "../execute/tool.ts";
import { findJupyter, findKernels, type JupyterFinding, PRIVATE_ENVIRONMENT } from "./examine.ts";
import { installKernelspec } from "./install.ts";
import { findPython } from "./setup/python.ts";
import { faint, markLine, say, shortPath } from "./terminal.ts";

const PIP_TIMEOUT_MS = 600_000;

export interface LabOptions {
  readonly browser: boolean;
  /** Obtain it without asking. */
  readonly yes?: boolean;
}

/**
 * @param folder where the file browser starts
 * @param more options of JupyterLab itself
 * @throws FOLDER_MISSING, LAB_MISSING, LAB_INSTALL
 */
export async function lab(folder: string, more: readonly string[], options: LabOptions): Promise<number> {
  // After --, the first word is the command line's folder, although it is meant as an option.
  if (folder.startsWith("-")) return lab(".", [folder, ...more], options);
  if (!existsSync(folder)) throw fault("FOLDER_MISSING", `there is no folder ${folder}.`, "name one that exists.");
  const [found, kernels] = await Promise.all([findJupyter(), findKernels()]);
  const jupyter = found.lab ? found : await obtain(options.yes ?? false);
  if (!kernels.some(({ state }) => state === "here")) await installKernelspec({});
  say(faint(`JupyterLab ${jupyter.lab}; ^C ends it.`));
  return runInTerminal(jupyter.program, ["lab", ...(options.browser ? [] : ["--no-browser"]), ...more], folder);
}

async function obtain(yes: boolean): Promise<JupyterFinding> {
  const python = await findPython();
  const hint = "install JupyterLab and put it on PATH, or say `blankslate lab --yes` to obtain a private one with pip.";
  if (!python) throw fault("LAB_MISSING", "there is no JupyterLab on PATH, and no Python 3 to obtain it with.", hint);
  const isAgreed = yes || (process.stdin.isTTY && (await agrees()));
  if (!isAgreed) throw fault("LAB_MISSING", "there is no JupyterLab on PATH.", hint);
  say(markLine("note", "obtaining JupyterLab, once; about 150 MB"));
  // Built in place: a virtual environment names its own folder and cannot be moved. The marker of a whole one is its `jupyter`.
  await mustWork(python, ["-m", "venv", "--clear", PRIVATE_ENVIRONMENT]);
  const pip = join(
    PRIVATE_ENVIRONMENT,
    ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]),
  );
  await mustWork(pip, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "jupyterlab"]);
  const found = await findJupyter();
  if (!found.lab) throw fault("LAB_INSTALL", `${shortPath(PRIVATE_ENVIRONMENT)} has no working JupyterLab.`, hint);
  say(markLine("ok", `JupyterLab ${found.lab} ${faint(shortPath(PRIVATE_ENVIRONMENT))}`));
  return found;
}

async function agrees(): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const question = `There is no JupyterLab here. Obtain it with pip, for Blankslate alone (${shortPath(PRIVATE_ENVIRONMENT)})? [y/N] `;
  const answer = await terminal.question(question);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

async function mustWork(program: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await runTool(program, args, {
    timeoutMs: PIP_TIMEOUT_MS,
    onLine: (line) => say(`  ${faint(line)}`),
  });
  if (code === 0) return;
  const last = stderr.trim().split("\n").at(-1) ?? "";
  throw fault(
    "LAB_INSTALL",
    `${shortPath(program)} ended with code ${code}: ${last}`,
    "does pip reach a package index?",
  );
}
