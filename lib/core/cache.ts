// Where Blankslate keeps what it obtained for this user: the native engine, and later models and data sets. Reading paths only; nothing is made here.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "./cache-folder.mjs";

export { cacheFolder };

/** The libtensorflow that the native engine is built against. */
export const TENSORFLOW_VERSION = "2.21.0";
export type NativeFlavour = "cpu" | "cuda";

/** @returns the folder of a native engine; it exists only when it is complete (it is renamed into place) */
export function nativeEngineFolder(flavour: NativeFlavour, environment?: NodeJS.ProcessEnv): string {
  return join(
    cacheFolder(environment),
    "engines",
    `tensorflow-${TENSORFLOW_VERSION}-${flavour}-${process.platform}-${process.arch}`,
  );
}

/** @returns the flavour of the native engine that would be used, CUDA before CPU, or undefined when none is set up */
export const installedFlavour = (): NativeFlavour | undefined =>
  (["cuda", "cpu"] as const).find((flavour) => existsSync(join(nativeEngineFolder(flavour), BINDING_FILE)));

/** Inside a native engine's folder: the compiled binding of tfjs-node, and the libraries it finds by its rpath. */
export const BINDING_FILE = "tfjs_binding.node";
export const LIBRARY_FOLDER = "lib";
