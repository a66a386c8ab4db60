// How this checkout's kernel is started: absolute paths only, on the Node that runs this command (the pinned one).
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const KERNEL_NAME = "blankslate";
/** The folder of this installation. */
export const ROOT = dirname(fileURLToPath(new URL("../../package.json", import.meta.url)));
const CLI = join(ROOT, "kernel", "cli.mjs");
const FLAGS = ["--disable-warning=ExperimentalWarning"];
/** As for the executor (executor-start.ts): memory that grows step by step and is used to its end looks like a leak. Messages are small. */
export const KERNEL_FLAGS: readonly string[] = [...FLAGS, "--min-semi-space-size=2", "--max-semi-space-size=2"];

/** @param connectionFile as it is, a place that Jupyter fills in */
export function kernelArgv(connectionFile = "{connection_file}"): [string, ...string[]] {
  return [process.execPath, ...KERNEL_FLAGS, CLI, "kernel", connectionFile];
}

/** @returns argv of the language server */
export function languageServerArgv(): string[] {
  return [process.execPath, ...FLAGS, CLI, "lsp", "--stdio"];
}

/** @returns the folder of the Blankslate installation that this argv starts; undefined for another kernel */
export function installationOf(argv: readonly string[]): string | undefined {
  const cli = argv.find((part) => /[/\\]kernel[/\\]cli\.mjs$/.test(part));
  return cli !== undefined && argv.includes("kernel") ? dirname(dirname(cli)) : undefined;
}
