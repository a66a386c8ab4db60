// Parameters of a run, as papermill does them: the cell tagged `parameters` holds the defaults, `-p NAME VALUE` adds a cell tagged
// `injected-parameters` after it (or at the top), which replaces an earlier injected one.
import { fault } from "../../../lib/core/errors.ts";
import type { Cell, CodeCell, Notebook } from "./notebook.ts";

export type Parameters = ReadonlyMap<string, unknown>;

/**
 * @param pairs [name, value]; a value that is JSON is that value, any other is a string
 * @throws PARAMETER_NAME a name that TypeScript would not take
 * @example [...parseParameters([["steps", "40"], ["arch", "qwen2"]])] // [["steps", 40], ["arch", "qwen2"]]
 */
export function parseParameters(pairs: readonly (readonly [string, string])[]): Parameters {
  return new Map(pairs.map(([name, value]) => [checkName(name), parseValue(value)]));
}

function checkName(name: string): string {
  if (/^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name)) return name;
  throw fault("PARAMETER_NAME", `${JSON.stringify(name)} is no variable name.`, "write -p steps 400.");
}

function parseValue(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value; // not an error: `-p arch qwen2` is a string without quotes
  }
}

/** @returns whether this cell carries the tag */
export function hasTag(cell: Cell, tag: string): boolean {
  const tags = cell.metadata["tags"];
  return Array.isArray(tags) && tags.includes(tag);
}

/** @returns a notebook with the injected cell; the same one when there are no parameters */
export function injectParameters(notebook: Notebook, parameters: Parameters): Notebook {
  if (parameters.size === 0) return notebook;
  const lines = [...parameters].map(([name, value]) => `let ${name} = ${JSON.stringify(value)};`);
  const kept = notebook.cells.filter((cell) => !hasTag(cell, "injected-parameters"));
  const injected: CodeCell = {
    cell_type: "code",
    id: freeId(kept),
    metadata: { tags: ["injected-parameters"] },
    source: ["// Parameters of this run", ...lines].join("\n"),
    outputs: [],
    execution_count: null,
  };
  const at = kept.findIndex((cell) => hasTag(cell, "parameters")) + 1;
  return { ...notebook, cells: kept.toSpliced(at, 0, injected) };
}

/** @returns names given that the cell tagged `parameters` does not set; without such a cell, none */
export function unknownParameters(notebook: Notebook, parameters: Parameters): string[] {
  const defaults = notebook.cells.find((cell) => hasTag(cell, "parameters"));
  if (!defaults) return [];
  const isSet = (name: string) =>
    new RegExp(`(?<![\\w$.])${name.replaceAll("$", "\\$")}\\s*(:[^=;\\n]*)?=`).test(defaults.source);
  return [...parameters.keys()].filter((name) => !isSet(name));
}

function freeId(cells: readonly Cell[]): string {
  const taken = new Set(cells.map((cell) => cell.id));
  for (let n = 0; ; n++) {
    const id = n === 0 ? "injected-parameters" : `injected-parameters-${n}`;
    if (!taken.has(id)) return id;
  }
}
