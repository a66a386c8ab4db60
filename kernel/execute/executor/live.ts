// Live imports: what a cell imports from a file of the user's own, and what a package assigns after it exported it. Cells read it where the module keeps it, so it is what the module says
// now, as in any module, and after the file was edited what the new one says. Words: a *slot* is one imported file under the specifier
// that named it; a name is *read* from the module each time when the module may assign it, else it is *copied*, and copied again when the
// file was edited. Of packages, which do not change under a running kernel, nothing is copied again.
import { type FileOfPackage, isMutableExport } from "./mutable.ts";
import type { Live } from "./transform/references.ts";
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
let names: { readonly read: ReadonlySet<string>; readonly copied: ReadonlySet<string> } = {
  read: new Set(),
  copied: new Set(),
};
const readNames = new Set<string>();
let fileOfPackage: FileOfPackage = () => undefined;

/** @returns names of cells that come from modules; the same sets as long as they are the same */
export function liveNames(): typeof names {
  return names;
}

/** For the transform. @param folder the notebook's */
export function liveIn(folder: string, { read, copied }: typeof names): Live {
  return { read, copied, isRead: (specifier, name) => isMutableExport(folder, specifier, name, fileOfPackage) };
}

function changed(): void {
  const all = [...owners.keys()];
  names = {
    read: new Set(all.filter((name) => readNames.has(name))),
    copied: new Set(all.filter((name) => !readNames.has(name))),
  };
}

/** The names are something else from here on: a cell declares them. */
export function release(declared: readonly string[]): void {
  if (declared.filter((name) => owners.delete(name)).length > 0) changed();
}

/**
 * @param key    one for each specifier with its attributes
 * @param locals name in cells -> name of the export, "*" for all of them; behind a "=", of one that is read each time
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
  for (const [local, from] of Object.entries(locals)) {
    const isRead = from.startsWith("=");
    const name = isRead ? from.slice(1) : from;
    owners.set(local, slot);
    if (isRead) readNames.add(local);
    else readNames.delete(local);
    Object.defineProperty(imports, local, {
      configurable: true,
      get: () => (name === "*" ? slot.namespace : slot.namespace[name]),
      set() {
        throw new TypeError(`Cannot assign to import '${local}': only its module can.`);
      },
    });
  }
  if (Object.keys(locals).length > 0) changed();
}

/** Imports again what the names come from, each file once. @returns whether one of them is another than before */
export async function renewLive(used: readonly string[]): Promise<boolean> {
  const wanted = new Set(used.flatMap((name) => owners.get(name) ?? []));
  let isOther = false;
  for (const slot of wanted) {
    const before = slot.namespace;
    slot.namespace = await slot.again();
    isOther ||= slot.namespace !== before;
  }
  return isOther;
}

/** @param file where a package's entry is */
export function installLive(file: FileOfPackage): void {
  fileOfPackage = file;
  Object.defineProperty(globalThis, IMPORTS, { configurable: true, value: imports });
}
