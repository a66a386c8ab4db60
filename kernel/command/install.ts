// `blankslate install` and `uninstall`: the kernelspec, a folder that tells Jupyter how to start this kernel. It names the pinned Node and
// this very checkout by absolute paths, so a kernel keeps working when the user's Node, shell or environment changes.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fault, hasCode } from "../../lib/core/errors.ts";
import { removePath, writeDirectoryAtomic, writeFileAtomic } from "../../lib/core/files.ts";
import {
  activePrefix,
  dataSearchPath,
  findKernelspecs,
  HERE,
  prefixDataDirectory,
  userDataDirectory,
  type Place,
} from "./jupyter-paths.ts";
import { makeDeclarations } from "./declarations.ts";
import { KERNEL_ENVIRONMENT } from "../execute/kernel-process.ts";
import { forgetLanguageServer, registerLanguageServer } from "./install-lsp.ts";
import { installationOf, KERNEL_NAME, kernelArgv, ROOT } from "./kernel-argv.ts";
import { makePacks } from "./pack.ts";
import { makeSnapshot, removeOldSnapshots } from "./snapshots.ts";
import { bold, facts, faint, markLine, say, shortPath } from "./terminal.ts";
import { removeUnused } from "./unused.ts";
import { declarationsFile } from "../language/declarations.ts";
import { packFolder } from "../packed.mjs";

const LOGOS = ["logo-svg.svg", "logo-32x32.png", "logo-64x64.png"];

export interface InstallOptions {
  readonly user?: boolean;
  readonly sysPrefix?: boolean;
  readonly prefix?: string;
  readonly name?: string;
  /** The language server for jupyterlab-lsp, too. */
  readonly lsp?: boolean;
}

export interface Installed {
  readonly name: string;
  readonly folder: string;
  readonly displayName: string;
  /** A folder of the same name that Jupyter finds first. */
  readonly shadowedBy: string | undefined;
}

/**
 * @throws KERNEL_NAME, INSTALL_PLACE (two places named), NO_SYS_PREFIX
 */
export async function installKernelspec(options: InstallOptions, place: Place = HERE): Promise<Installed> {
  const name = options.name ?? KERNEL_NAME;
  if (!/^[A-Za-z0-9._-]+$/.test(name) || /^\.+$/.test(name)) {
    throw fault("KERNEL_NAME", `${JSON.stringify(name)} is no name for a kernel.`, "letters, digits, . _ and - only.");
  }
  const data = dataDirectory(options, place);
  const folder = join(data, "kernels", name);
  const displayName = name === KERNEL_NAME ? "TypeScript (Blankslate)" : `TypeScript (Blankslate: ${name})`;
  const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
  const spec = {
    argv: kernelArgv(),
    display_name: displayName,
    language: "typescript",
    interrupt_mode: "message",
    env: KERNEL_ENVIRONMENT,
    metadata: { debugger: true, blankslate: { version, root: ROOT } },
  };
  const plotly = createRequire(import.meta.url).resolve("plotly.js/plotly.min.js");
  await writeDirectoryAtomic(folder, async (part) => {
    await writeFileAtomic(join(part, "kernel.json"), `${JSON.stringify(spec, null, 2)}\n`);
    for (const logo of LOGOS) await writeFileAtomic(join(part, logo), await readFile(join(ROOT, "kernelspec", logo)));
    // Jupyter Server serves this folder as /kernelspecs/NAME/: charts find plotly.js there without the network.
    await writeFileAtomic(join(part, "plotly.min.js"), await readFile(plotly));
  });
  await preparePacks();
  await makeDeclarations();
  await prepareSnapshot();
  await removeOthersUnused();
  const first = (await findKernelspecs(dataSearchPath(place))).find((found) => found.name === name);
  const shadowedBy = first && resolve(first.folder) !== resolve(folder) ? first.folder : undefined;
  return { name, folder, displayName, shadowedBy };
}

/** Lets kernels start with their code compiled. They compile by need where that fails. */
async function preparePacks(): Promise<void> {
  try {
    await makePacks();
  } catch (error) {
    if (!hasCode(error, "PACK_NOT_COMPILED") && !hasCode(error, "TOOL_TIMEOUT")) throw error;
    sayItTakesLonger(error);
  }
}

const sayItTakesLonger = (error: unknown) =>
  say(markLine("note", `Kernels will take longer to start: ${String(error)}`));

/** Lets kernels check their first cell half a second earlier. They do without where it cannot be made. */
async function prepareSnapshot(): Promise<void> {
  try {
    await makeSnapshot();
  } catch (error) {
    if (!hasCode(error, "SNAPSHOT_FAILED")) throw error;
    sayItTakesLonger(error);
  }
  await removeOldSnapshots();
}

/** Of what installations that are gone have left. */
async function removeOthersUnused(): Promise<void> {
  for (const own of [packFolder(), declarationsFile(ROOT)]) await removeUnused(own);
}

function dataDirectory({ user, sysPrefix, prefix }: InstallOptions, place: Place): string {
  if ([user, sysPrefix, prefix].filter(Boolean).length > 1) {
    throw fault("INSTALL_PLACE", "more than one place is named.", "choose one of --user, --sys-prefix, --prefix DIR.");
  }
  if (prefix) return prefixDataDirectory(resolve(prefix));
  if (!sysPrefix) return resolve(userDataDirectory(place));
  const active = activePrefix(place);
  if (active) return prefixDataDirectory(active);
  throw fault(
    "NO_SYS_PREFIX",
    "no Python environment is active: neither VIRTUAL_ENV nor CONDA_PREFIX is set.",
    "activate one, or name it: --prefix DIR.",
  );
}

/** The command. */
export async function install(options: InstallOptions): Promise<number> {
  const done = await installKernelspec(options);
  say(markLine("ok", `Kernel installed: ${bold(done.displayName)}`));
  const rows: [string, string][] = [
    ["name", done.name],
    ["folder", shortPath(done.folder)],
    ["runs on", `Node ${process.versions.node} ${faint(shortPath(process.execPath))}`],
  ];
  if (options.lsp) rows.push(["lsp", shortPath(await registerLanguageServer(options))]);
  say(facts(rows));
  if (done.shadowedBy) {
    say(markLine("note", `Jupyter finds another kernel of this name first: ${shortPath(done.shadowedBy)}`));
    say(facts([["hint", "install under another --name, or remove that folder."]]));
  }
  return 0;
}

/** Removes kernelspecs of this name that start Blankslate; others are left alone. */
export async function uninstall(options: { readonly name?: string }): Promise<number> {
  const name = options.name ?? KERNEL_NAME;
  const ours = (await findKernelspecs(dataSearchPath())).filter(
    (spec) => spec.name === name && installationOf(spec.argv),
  );
  if (ours.length === 0) {
    throw fault("NOT_INSTALLED", `no kernel ${name} of Blankslate is installed.`, "`blankslate doctor` lists kernels.");
  }
  for (const { folder } of ours) {
    await removePath(folder);
    say(markLine("ok", `Removed ${shortPath(folder)}`));
  }
  for (const file of await forgetLanguageServer()) say(markLine("ok", `Removed ${shortPath(file)}`));
  return 0;
}
