// `blankslate lab`: opens the JupyterLab on PATH with this kernel installed. The terminal is JupyterLab's until it ends.
import { fault } from "../../lib/core/errors.ts";
import { runInTerminal } from "../execute/terminal-program.ts";
import { findJupyter, findKernels } from "./examine.ts";
import { installKernelspec } from "./install.ts";
import { faint, say } from "./terminal.ts";

/**
 * @param folder where the file browser starts
 * @param more options of JupyterLab itself
 * @throws LAB_MISSING
 */
export async function lab(
  folder: string,
  more: readonly string[],
  options: { readonly browser: boolean },
): Promise<number> {
  const [jupyter, kernels] = await Promise.all([findJupyter(), findKernels()]);
  if (!jupyter.lab) {
    throw fault(
      "LAB_MISSING",
      "there is no JupyterLab on PATH.",
      "python3 -m venv ~/jupyter && ~/jupyter/bin/pip install jupyterlab, and put ~/jupyter/bin on PATH.",
    );
  }
  if (!kernels.some(({ state }) => state === "here")) await installKernelspec({});
  say(faint(`JupyterLab ${jupyter.lab}; ^C ends it.`));
  return runInTerminal("jupyter", ["lab", ...(options.browser ? [] : ["--no-browser"]), ...more], folder);
}
