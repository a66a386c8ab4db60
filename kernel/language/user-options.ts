// The notebook's own tsconfig.json: what it says about strictness, libraries and paths holds for cells too. How cells are run (target,
// module, emit) is the kernel's business.
import { dirname, join } from "node:path";
import type ts from "typescript";
import type { Places } from "./host.ts";

const HONOURED = [
  "strict",
  "strictNullChecks",
  "strictFunctionTypes",
  "strictBindCallApply",
  "strictBuiltinIteratorReturn",
  "strictPropertyInitialization",
  "noImplicitThis",
  "useUnknownInCatchVariables",
  "noImplicitOverride",
  "noImplicitReturns",
  "noUncheckedIndexedAccess",
  "exactOptionalPropertyTypes",
  "noPropertyAccessFromIndexSignature",
  "noFallthroughCasesInSwitch",
  "lib",
  "types",
  "typeRoots",
  "paths",
  "customConditions",
  "jsx",
  "jsxFactory",
  "jsxFragmentFactory",
  "jsxImportSource",
  "checkJs",
] as const satisfies readonly (keyof ts.CompilerOptions)[];

/** @returns the honoured options of the nearest tsconfig.json from the notebook's folder upward; none of Blankslate's own */
export function userOptions(typescript: typeof ts, { cwd, packageRoot }: Places): ts.CompilerOptions {
  const file = typescript.findConfigFile(cwd, (name) => typescript.sys.fileExists(name));
  if (file === undefined || file === join(packageRoot, "tsconfig.json")) return {};
  const { config } = typescript.readConfigFile(file, (name) => typescript.sys.readFile(name)) as { config?: unknown };
  // The files it lists are not of interest, only what it extends and says.
  const quiet = { ...typescript.sys, readDirectory: () => [] };
  const { options } = typescript.parseJsonConfigFileContent(config ?? {}, quiet, dirname(file), undefined, file);
  return Object.fromEntries(HONOURED.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));
}
