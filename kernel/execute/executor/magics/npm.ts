// npm for the notebook's folder: `%npm`, and packages that `npm:` specifiers name and nobody has installed yet.
// Differs from npm itself in one thing: what is installed goes into the notebook's own folder, never into a project above it.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fault } from "../../../../lib/core/errors.ts";
import type { Ask } from "../input.ts";
import { runScript, runShell } from "./shell.ts";

const QUIET = "--no-fund --no-audit";
const INSTALLS = /^(?:install|i|add|uninstall|remove|rm|un)\b/;

/** @param rest npm's own arguments */
export async function runNpm(rest: string, folder: string): Promise<void> {
  const own =
    INSTALLS.test(rest) && !existsSync(join(folder, "package.json")) ? ` --prefix ${JSON.stringify(folder)}` : "";
  await runScript(`npm ${rest}${own} ${QUIET}`, folder);
}

/** `npm:@scope/name@version/sub`, as Deno writes it. */
export interface NpmSpecifier {
  readonly name: string;
  /** "" when none is asked for. */
  readonly version: string;
  /** What `import` takes: `@scope/name/sub`. */
  readonly bare: string;
}

const PART = "[a-z0-9~-][\\w.~-]*";
const SPECIFIER = new RegExp(`^npm:((?:@${PART}/)?${PART})(?:@([\\w.^~<>=|*+ -]+))?((?:/.*)?)$`, "i");

/** @returns undefined for a specifier without `npm:`. @throws BAD_SPECIFIER for one that is none of a package */
export function parseNpm(specifier: string): NpmSpecifier | undefined {
  if (!specifier.startsWith("npm:")) return undefined;
  const [, name, version = "", sub = ""] = SPECIFIER.exec(specifier) ?? [];
  if (name === undefined)
    throw fault("BAD_SPECIFIER", `${specifier} does not name a package.`, "npm:lodash, npm:lodash@4, npm:lodash@4/add");
  return { name, version, bare: name + sub };
}

/**
 * Installs the package unless it is there; asks before.
 * @param beside where packages that came with the kernel lie
 * @throws NOT_INSTALLED nobody may be asked, or the answer was no. INSTALL_FAILED npm did not manage
 */
export async function ensureInstalled(wanted: NpmSpecifier, folder: string, beside: string, ask: Ask): Promise<void> {
  const there = versionAt(wanted.name, folder) ?? versionAt(wanted.name, beside);
  if (there !== undefined && (wanted.version === "" || isSatisfied(there, wanted.version))) return;
  const spec = wanted.version === "" ? wanted.name : `${wanted.name}@${wanted.version}`;
  const hint = `%npm install ${spec}`;
  const instead = there === undefined ? "" : ` in place of ${there}`;
  if (!/^\s*y(?:es)?\s*$/i.test(answerTo(`Install ${spec}${instead} into ${folder}? [y/N] `, ask, spec, hint)))
    throw fault("NOT_INSTALLED", `${spec} is not installed, and was not to be.`, hint);
  await runShell(`npm install --prefix ${JSON.stringify(folder)} ${JSON.stringify(spec)} ${QUIET}`, folder);
  if (versionAt(wanted.name, folder) === undefined)
    throw fault("INSTALL_FAILED", `npm did not install ${spec}.`, "what it said stands above");
}

function answerTo(question: string, ask: Ask, spec: string, hint: string): string {
  try {
    return ask(question, false) ?? "";
  } catch (error) {
    throw fault(
      "NOT_INSTALLED",
      `${spec} is not installed, and this cell cannot ask whether to install it.`,
      `in a cell or a terminal: ${hint.slice(1)}`,
      error,
    );
  }
}

function versionAt(name: string, folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, "node_modules", name, "package.json");
    if (existsSync(file)) return (JSON.parse(readFileSync(file, "utf8")) as { version?: string }).version ?? "";
    if (dirname(at) === at) return undefined;
  }
}

/** Of tags (`latest`, `next`) any version will do, and one that says none. */
function isSatisfied(there: string, wanted: string): boolean {
  // Loaded for specifiers with a version alone.
  const require = createRequire(import.meta.url);
  const semver = require("semver") as Semver;
  return there === "" || semver.validRange(wanted) === null || semver.satisfies(there, wanted);
}

interface Semver {
  /** @returns null for what is no range */
  validRange(range: string): string | null;
  satisfies(version: string, range: string): boolean;
}
