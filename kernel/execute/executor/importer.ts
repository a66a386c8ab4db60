// `import` in cells. `import()` inside Runtime.evaluate throws, so the transform calls this instead:
// globalThis[Symbol.for("blankslate.import")](specifier, attributes?, names that must be exported?, live names?).
//
// Specifiers are resolved by Node itself as if a module in the notebook's folder had asked; what is not found there is looked for
// beside Blankslate. `require`, `__dirname` and `__filename` are the notebook folder's.
import { createRequire, flushCompileCache, isBuiltin, registerHooks } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { fault } from "../../../lib/core/errors.ts";
import { createFreshness } from "./freshness.ts";
import type { Ask } from "./input.ts";
import { bindLive, installLive, renewLive } from "./live.ts";
import { loadTyped } from "./loader.ts";
import { ensureInstalled, parseNpm } from "./magics/npm.ts";
import { createModuleCells } from "./module-cells.ts";
import { guard } from "./wait.ts";

const IMPORT_SYMBOL = Symbol.for("blankslate.import");
/** Who imports for the cells: this module, or the pack that it is in. */
const HERE = pathToFileURL(import.meta.filename).href;
const INSTALL = new URL("../../../", import.meta.url).href;
/** Wherever it is imported: one copy, this install's. */
const OURS: Readonly<Record<string, string>> = {
  blankslate: new URL("lib/index.ts", INSTALL).href,
  "blankslate/widgets": new URL("kernel/execute/executor/widgets.ts", INSTALL).href,
  tslab: new URL("kernel/execute/executor/tslab.ts", INSTALL).href,
};
const LABORATORY = "blankslate";
/** What editors let people leave out or misname: `./data` and `./data.js` for data.ts. */
const SUFFIXES = [".ts", ".tsx", ".js", ".mjs", ".json", "/index.ts", "/index.js"];

/** Loaded once, whatever happens to the files. */
function isOurs(url: string): boolean {
  return url.startsWith(`${INSTALL}lib/`) || url.startsWith(`${INSTALL}kernel/`);
}

type Namespace = Readonly<Record<string, unknown>>;

/** @param ask for the consent to install what `npm:` specifiers name */
export function installImporter(folder: string, ask: Ask): void {
  const notebook = pathToFileURL(join(folder, "[cell]")).href;
  const freshness = createFreshness(isOurs);
  const moduleCells = createModuleCells(folder);

  registerHooks({
    resolve(specifier, context, next) {
      const ours = OURS[specifier];
      // `require` would take the URL for a file's name.
      if (ours) return { url: ours, format: "module-typescript", shortCircuit: true };
      const fromCell = context.parentURL === HERE;
      const parentURL = fromCell ? notebook : context.parentURL;
      const cell = moduleCells.resolve(specifier, parentURL);
      if (cell) return cell;
      const found = resolveKindly(
        freshness.plain(specifier),
        { ...context, ...(parentURL ? { parentURL } : {}) },
        next,
        fromCell,
      );
      return { ...found, url: freshness.stamp(found.url, fromCell ? undefined : context.parentURL) };
    },
    load: (url, context, next) =>
      (isOurs(url) ? undefined : loadTyped(url, moduleCells.sourceOf(url))) ?? next(url, context),
  });

  const load = async (
    specifier: unknown,
    attributes?: ImportAttributes,
    wanted: readonly string[] = [],
    live: Readonly<Record<string, string>> = {},
  ): Promise<Namespace> => {
    const npm = parseNpm(String(specifier));
    if (npm) await ensureInstalled(npm, folder, fileURLToPath(INSTALL), ask);
    const name = npm?.bare ?? String(specifier);
    if (/^https?:/.test(name)) {
      throw fault(
        "REMOTE_IMPORT",
        `${name} is not on this machine.`,
        "npm install the package in the notebook's folder, and import it by its name.",
      );
    }
    freshness.refresh();
    const options = attributesFor(name, attributes);
    const again = async () => (await guard(import(name, options))) as Namespace;
    const namespace = await again();
    for (const item of wanted) if (!(item in namespace)) throw missingExport(name, item, namespace);
    bindLive(`${name} ${JSON.stringify(options)}`, namespace, again, live);
    return namespace;
  };
  const requireHere = kindRequire(notebook);
  installLive(fileOfPackage);
  Object.assign(load, {
    define: (name: string, source: string) => moduleCells.define(name, source),
    async renew(names: readonly string[]) {
      freshness.refresh();
      return renewLive(names);
    },
    meta: {
      url: notebook,
      dirname: folder,
      filename: join(folder, "[cell]"),
      main: false,
      resolve: (specifier: string) =>
        isBuiltin(specifier)
          ? `node:${specifier.replace(/^node:/, "")}`
          : pathToFileURL(requireHere.resolve(specifier)).href,
    },
  });
  define(IMPORT_SYMBOL, load);
  define("require", requireHere);
  define("__dirname", folder);
  define("__filename", join(folder, "[cell]"));
}

/** Loads nothing but this install's own modules, so no cell can tell that it happened, except by being sooner. */
export async function preloadLaboratory(): Promise<void> {
  try {
    await import(LABORATORY);
    flushCompileCache();
  } catch {
    // Node keeps the failure; the cell's own import reports it, where someone reads it.
  }
}

/** Where the transform looks at what a package exports: not at ours, nor at what Node wraps. */
function fileOfPackage(specifier: string): string | undefined {
  const name = specifier.startsWith("npm:") ? parseNpm(specifier)?.bare : specifier;
  if (name === undefined || OURS[name] || isBuiltin(name) || /^[a-z]+:/.test(name)) return undefined;
  try {
    const url = import.meta.resolve(name);
    return url.startsWith("file:") && /\.m?js$/.test(url) ? fileURLToPath(url) : undefined;
  } catch {
    // The import itself says what is wrong with it.
    return undefined;
  }
}

function define(name: string | symbol, value: unknown): void {
  Object.defineProperty(globalThis, name, { configurable: true, writable: true, value });
}

function attributesFor(name: string, attributes?: ImportAttributes): ImportCallOptions {
  if (attributes) return { with: attributes };
  return name.endsWith(".json") ? { with: { type: "json" } } : {};
}

type Next = (specifier: string, context?: ResolveContext) => Resolved;
type ResolveContext = Parameters<Parameters<NonNullable<Parameters<typeof registerHooks>[0]["resolve"]>>[2]>[1];
type Resolved = ReturnType<NonNullable<Parameters<typeof registerHooks>[0]["resolve"]>>;

function resolveKindly(
  specifier: string,
  context: NonNullable<ResolveContext>,
  next: Next,
  fromCell: boolean,
): Resolved {
  try {
    return next(specifier, context);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ERR_MODULE_NOT_FOUND" || code === "ERR_UNSUPPORTED_DIR_IMPORT") {
      const path = /^(\.{0,2}\/|file:)/.test(specifier);
      const tries = path
        ? [
            ...SUFFIXES.map((suffix) => specifier + suffix),
            ...(/\.[mc]?js$/.test(specifier) ? [specifier.replace(/js$/, "ts"), specifier.replace(/js$/, "tsx")] : []),
          ]
        : [];
      for (const other of tries) {
        const found = attempt(other, context, next);
        if (found) return found;
      }
      // Packages that came with Blankslate are there for cells that did not install their own.
      const fallback = !path && fromCell ? attempt(specifier, { ...context, parentURL: INSTALL }, next) : undefined;
      if (fallback) return fallback;
      if (!path && fromCell) {
        throw fault(
          "MODULE_NOT_FOUND",
          `there is no package "${specifier}" in the notebook's folder or above it.`,
          `%npm install ${packageOf(specifier)}`,
        );
      }
    }
    throw error;
  }
}

function attempt(specifier: string, context: NonNullable<ResolveContext>, next: Next): Resolved | undefined {
  try {
    return next(specifier, context);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith("ERR_")) return undefined;
    throw error;
  }
}

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function missingExport(specifier: string, name: string, namespace: Namespace): Error {
  const names = Object.keys(namespace);
  const known =
    names.length > 0
      ? `it exports ${names.slice(0, 20).join(", ")}${names.length > 20 ? ", …" : ""}.`
      : "it exports nothing.";
  return fault(
    "MISSING_EXPORT",
    `"${specifier}" does not export ${name === "default" ? "a default" : `"${name}"`}.`,
    known,
  );
}

/** Node's require from the notebook's folder; what is not there is looked for beside Blankslate. */
function kindRequire(notebook: string): NodeJS.Require {
  const here = createRequire(notebook);
  const beside = createRequire(new URL("package.json", INSTALL));
  const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND";
  const kindly = <T>(id: string, from: (require: NodeJS.Require) => T): T => {
    try {
      return from(here);
    } catch (error) {
      if (!isMissing(error) || /^[./]/.test(id)) throw error;
      try {
        return from(beside);
      } catch (second) {
        // Missing at both places: the notebook's folder is the one to name.
        throw isMissing(second) ? error : second;
      }
    }
  };
  return Object.assign((id: string) => kindly(id, (from) => from(id) as unknown), here, {
    resolve: Object.assign(
      (id: string, options?: { paths?: string[] }) => kindly(id, (from) => from.resolve(id, options)),
      { paths: (id: string) => here.resolve.paths(id) },
    ),
  });
}
