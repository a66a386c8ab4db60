// Cells that are modules (lib/core/module-cells.ts): files of the notebook's folder that are nowhere on disk. Running one again makes a new
// version of it, which the next import takes.
import type { ResolveFnOutput } from "node:module";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

interface ModuleCell {
  readonly source: string;
  readonly version: number;
}

export interface ModuleCells {
  define(name: string, source: string): void;
  /** @param parent the importing file's URL, or the notebook's */
  resolve(specifier: string, parent: string | undefined): ResolveFnOutput | undefined;
  /** @returns the TypeScript of a URL that `resolve` gave */
  sourceOf(url: string): string | undefined;
}

export function createModuleCells(folder: string): ModuleCells {
  const cells = new Map<string, ModuleCell>();
  return {
    define(name, source) {
      const url = pathToFileURL(join(folder, `${name}.ts`)).href;
      cells.set(url, { source, version: (cells.get(url)?.version ?? 0) + 1 });
    },
    resolve(specifier, parent) {
      if (cells.size === 0 || parent === undefined || !/^\.{1,2}\//.test(specifier)) return undefined;
      const bare = new URL(specifier, parent).href.replace(/\.[jt]s$/, "");
      const cell = cells.get(`${bare}.ts`);
      return cell && { url: `${bare}.ts?cell=${cell.version}`, format: "module", shortCircuit: true };
    },
    sourceOf: (url) => (/\?cell=\d+$/.test(url) ? cells.get(url.replace(/\?cell=\d+$/, ""))?.source : undefined),
  };
}
