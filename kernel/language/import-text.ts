// The import that a name needs, as text of a cell.
import type { Importable } from "./importables.ts";

const MAX_FOUND = 8;

/** @returns those whose name begins with what was typed; the very name alone if there is one. The laboratory's first, Node's last */
export function importsFor(all: readonly Importable[], typed: string): Importable[] {
  const exact = all.filter(({ name }) => name === typed);
  return (exact.length > 0 ? exact : all.filter(({ name }) => name.startsWith(typed))).slice(0, MAX_FOUND);
}

/** @example importText({ name: "join", module: "node:path", isDefault: false }) // 'import { join } from "node:path"' */
export function importText({ name, module, isDefault }: Importable): string {
  return `import ${isDefault ? name : `{ ${name} }`} from ${JSON.stringify(module)}`;
}

/** @returns the text with the import in it: among the names of the module's own import, or on a line of its own in front */
export function importedInto(text: string, wanted: Importable): string {
  const module = wanted.module.replace(/[^\w]/g, "\\$&");
  const there = new RegExp(`^(import\\s*\\{[^}]*?),?(\\s*\\}\\s*from\\s*["']${module}["'])`, "m");
  if (!wanted.isDefault && there.test(text)) return text.replace(there, `$1, ${wanted.name}$2`);
  // Hashbangs and magics of whole cells stand in front of everything.
  const [first = ""] = /^(?:#!|%%)[^\n]*\n/.exec(text) ?? [];
  return `${first}${importText(wanted)};\n${text.slice(first.length)}`;
}
