import type ts from "typescript";

export interface Exported {
  /** `import { name } from`. */
  readonly names: readonly string[];
  /** `import name from` is one too. */
  readonly hasDefault: boolean;
}

/** Reads all declarations of the module. */
export function exportedFrom(checker: ts.TypeChecker, module: ts.Symbol): Exported;
