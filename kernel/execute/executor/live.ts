// Live imports: what a cell imports from a file of the user's own. Cells read it where the module keeps it, so it is what the module says
// now, as in any module, and after the file was edited what the new one says. Words: a *slot* is one imported file under the specifier
// that named it. Packages are not live: they neither change under a running kernel nor assign what they export.
import { IMPORTS } from "./transform/references.ts";

type Namespace = Readonly<Record<string, unknown>>;

interface Slot {
  namespace: Namespace;
  /** Imports it again; the same namespace while its file is the same. */
  readonly again: () => Promise<Namespace>;
}

const slots = new Map<string, Slot>();
/** The slot that each name is read from. */
const owners = new Map<string, Slot>();
const imports: object = Object.create(null) as object;
let names: ReadonlySet<string> = new Set();

/** @returns names of cells that are read from modules; the same set as long as they are the same */
export function liveNames(): ReadonlySet<string> {
  return names;
}

/** The names are something else from here on: a cell declares them. */
export function release(declared: readonly string[]): void {
  if (declared.filter((name) => owners.delete(name)).length > 0) names = new Set(owners.keys());
}

/**
 * @param key    one for each specifier with its attributes
 * @param locals name in cells -> name of the export, "*" for all of them
 */
export function bindLive(
  key: string,
  namespace: Namespace,
  again: Slot["again"],
  locals: Readonly<Record<string, string>>,
): void {
  const slot = slots.get(key) ?? { namespace, again };
  slot.namespace = namespace;
  slots.set(key, slot);
  if (Object.keys(locals).some((local) => !names.has(local))) names = names.union(new Set(Object.keys(locals)));
  for (const [local, name] of Object.entries(locals)) {
    owners.set(local, slot);
    Object.defineProperty(imports, local, {
      configurable: true,
      get: () => (name === "*" ? slot.namespace : slot.namespace[name]),
      set() {
        throw new TypeError(`Cannot assign to import '${local}': only its module can.`);
      },
    });
  }
}

/** Imports again what the names are read from, each file once. */
export async function renewLive(used: readonly string[]): Promise<void> {
  const wanted = new Set(used.flatMap((name) => owners.get(name) ?? []));
  for (const slot of wanted) slot.namespace = await slot.again();
}

export function installLive(): void {
  Object.defineProperty(globalThis, IMPORTS, { configurable: true, value: imports });
}
