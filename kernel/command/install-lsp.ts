// `blankslate install --lsp`: tells jupyterlab-lsp of the language server, by a file among Jupyter Server's configuration, as its makers want
// servers to be added. JupyterLab without that extension does not read it.
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { makeDirectory, removePath, writeFileAtomic } from "../../lib/core/files.ts";
import { HERE, type Place, activePrefix, prefixConfigDirectory, userConfigDirectory } from "./jupyter-paths.ts";
import type { InstallOptions } from "./install.ts";
import { languageServerArgv } from "./kernel-argv.ts";

const FILE = join("jupyter_server_config.d", "blankslate-lsp.json");
/** What notebooks and files of these languages are to CodeMirror and Jupyter. */
const MIME_TYPES = ["text/typescript", "application/typescript", "text/x-typescript"];

/** @returns the file's absolute path. The options were checked by the kernel's installation */
export async function registerLanguageServer(options: InstallOptions, place: Place = HERE): Promise<string> {
  const prefix = options.prefix ? resolve(options.prefix) : options.sysPrefix ? activePrefix(place) : undefined;
  const file = join(prefix ? prefixConfigDirectory(prefix) : userConfigDirectory(place), FILE);
  const server = {
    version: 2,
    argv: languageServerArgv(),
    languages: ["typescript"],
    mime_types: MIME_TYPES,
    display_name: "Blankslate",
  };
  const config = { LanguageServerManager: { language_servers: { blankslate: server } } };
  await makeDirectory(dirname(file));
  await writeFileAtomic(file, `${JSON.stringify(config, null, 2)}\n`);
  return file;
}

/** @returns the files that were there, in the user's and the active environment's configuration */
export async function forgetLanguageServer(place: Place = HERE): Promise<string[]> {
  const prefix = activePrefix(place);
  const folders = [userConfigDirectory(place), ...(prefix ? [prefixConfigDirectory(prefix)] : [])];
  const files = folders.map((folder) => join(folder, FILE)).filter((file) => existsSync(file));
  for (const file of files) await removePath(file);
  return files;
}
