// `blankslate lab`: opens JupyterLab with this kernel installed: the one on PATH, else a private one that it obtains with pip after asking. The
// terminal is JupyterLab's until it ends. The notebooks that came with this installation are trusted first, as their code is: JupyterLab
// shows an untrusted one without scripts.
import { existsSync } from "node:fs";
import { glob } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { join } from "node:path";
import { fault } from "../../lib/core/errors.ts";
import { writeFileAtomic } from "../../lib/core/files.ts";
import { runInTerminal } from "../execute/terminal-program.ts";
import { runTool } from "../execute/tool.ts";
import { findJupyter, findKernels, type JupyterFinding, PRIVATE_ENVIRONMENT } from "./examine.ts";
import { installKernelspec } from "./install.ts";
import { ROOT } from "./kernel-argv.ts";
import { findPython } from "./setup/python.ts";
import { faint, markLine, say, shortPath } from "./terminal.ts";

/** The second and third draw the widgets of `blankslate/widgets` and of packages. */
const PACKAGES = ["jupyterlab", "ipywidgets", "anywidget"];
/** Of the private JupyterLab: it fetches nothing, and asks nobody whether it may. */
const SETTINGS = { "@jupyterlab/apputils-extension:notification": { fetchNews: "false", checkForUpdates: false } };
const SETTINGS_FILE = ["share", "jupyter", "lab", "settings", "overrides.json"];
const PIP_TIMEOUT_MS = 600_000;
/** It signs 1 MB in a second. */
const TRUST_TIMEOUT_MS = 60_000;

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
  await trustOurs(jupyter.program);
  say(faint(`JupyterLab ${jupyter.lab}; ^C ends it.`));
  return runInTerminal(jupyter.program, ["lab", ...(options.browser ? [] : ["--no-browser"]), ...more], folder);
}

async function trustOurs(jupyter: string): Promise<void> {
  const ours = await Array.fromAsync(glob(join(ROOT, "notebooks", "*.ipynb")));
  const { code, stderr } = await runTool(jupyter, ["trust", ...ours], { timeoutMs: TRUST_TIMEOUT_MS });
  if (code !== 0)
    say(markLine("note", `charts of our notebooks are pictures until you trust them: ${lastLine(stderr)}`));
}

async function obtain(yes: boolean): Promise<JupyterFinding> {
  const python = await findPython();
  const hint = "install JupyterLab and put it on PATH, or say `blankslate lab --yes` to obtain a private one with pip.";
  if (!python) throw fault("LAB_MISSING", "there is no JupyterLab on PATH, and no Python 3 to obtain it with.", hint);
  const isAgreed = yes || (process.stdin.isTTY && (await agrees()));
  if (!isAgreed) throw fault("LAB_MISSING", "there is no JupyterLab on PATH.", hint);
  say(markLine("note", "obtaining JupyterLab, once; about 250 MB on disk"));
  // Built in place: a virtual environment names its own folder and cannot be moved. The marker of a whole one is its `jupyter`.
  await mustWork(python, ["-m", "venv", "--clear", PRIVATE_ENVIRONMENT]);
  const pip = join(
    PRIVATE_ENVIRONMENT,
    ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]),
  );
  await mustWork(pip, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...PACKAGES]);
  await writeFileAtomic(join(PRIVATE_ENVIRONMENT, ...SETTINGS_FILE), JSON.stringify(SETTINGS));
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
  throw fault(
    "LAB_INSTALL",
    `${shortPath(program)} ended with code ${code}: ${lastLine(stderr)}`,
    "does pip reach a package index?",
  );
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";
