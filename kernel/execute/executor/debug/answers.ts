// What the debugger asks the main thread about cells and values. The watchdog's inspector calls these functions there, also while the
// thread stands at a breakpoint; then no promise goes on, so all of them are synchronous. Costs nothing as long as nobody asks.
import { types } from "node:util";
import type { MimeBundle } from "../../../../lib/core/host.ts";
import { bundleOf } from "../../../display/bundle.ts";
import { inspectText } from "../../../display/text.ts";
import { liveNames, release } from "../live.ts";
import { draft, nameInCells, ownName, loadParser } from "../run-cell.ts";
import { cellText, sourceOf } from "../sources.ts";
import { IMPORTS } from "../transform/references.ts";
import { ANSWERS, type Place } from "./handle.ts";
import { emptyListing, type Listing, listingOf } from "./listing.ts";

/** With what a cell begins that uses imports of the user's own files: it awaits what was edited, and nothing can be awaited here. */
const RENEWAL = /^([^\n]*) await globalThis\[Symbol\.for\("blankslate\.import"\)\]\.renew\([^\n]*/;

/** What there was before any cell; what else is on globalThis was put there by cells. */
let before: ReadonlySet<string> = new Set();
/** Values on their way from a frame to where they are asked for, by number. */
const taken = new Map<number, unknown>();
let tickets = 0;

function importsObject(): Record<string, unknown> {
  return (globalThis as Record<string, unknown>)[IMPORTS] as Record<string, unknown>;
}

const answers = {
  /** Whether cells' texts can be read. */
  isReady: () => draft("") !== undefined,
  ready: () => loadParser(),

  /** @returns the text of a cell by its script's URL */
  cell: (url: string): string | undefined => cellText(url),

  /** From positions in a script to the user's own. */
  locate(url: string, places: readonly Place[]): (Place | null)[] {
    const source = sourceOf(url);
    if (!source) return [...places];
    return places.map(([line, column]) => {
      const at = source.locate(line, column);
      return at ? [at.line, at.column] : null;
    });
  },

  /** @returns what a cell that has not run would be, as a function that nobody calls; "" when it does not parse */
  sketch(code: string): string {
    const script = draft(code);
    return script && !("error" in script) ? `(async () => {${script.code}\n})` : "";
  },

  locateIn(code: string, places: readonly Place[]): (Place | null)[] {
    const script = draft(code);
    return places.map(([line, column]) => {
      const at = script && !("error" in script) ? script.locate(line, column) : undefined;
      return at ? [at.line, at.column] : null;
    });
  },

  /**
   * TypeScript to what V8 evaluates on a frame.
   * @param lent top-level names that are read from where live imports are
   * @param own  names that the frame has itself, under their names in V8
   * @throws SyntaxError
   */
  expression(code: string, lent: readonly string[], own: readonly string[]): string {
    const read = new Set([...liveNames().read, ...lent]).difference(new Set(own.map(nameInCells)));
    const script = draft(code, read);
    if (!script) throw new SyntaxError("the kernel is still coming up");
    if ("error" in script) throw new SyntaxError(script.error.message);
    return script.code.replace(RENEWAL, "$1");
  },

  /** @param accessors of top-level names, under their names in V8. @returns the names in cells */
  lend(accessors: object): string[] {
    const names = Object.entries(Object.getOwnPropertyDescriptors(accessors)).map(([own, accessor]) => {
      const name = nameInCells(own);
      if (!liveNames().read.has(name)) Object.defineProperty(importsObject(), name, accessor);
      return name;
    });
    return names;
  },

  /** @param values how to read the top-level names that V8 knows, under their names in V8 */
  gather(values: Readonly<Record<string, () => unknown>>): Listing {
    const found = new Map<string, () => unknown>();
    for (const [name, read] of Object.entries(values)) found.set(nameInCells(name), read);
    const imports = importsObject();
    for (const name of liveNames().read) found.set(name, () => imports[name]);
    for (const name of Object.getOwnPropertyNames(globalThis)) {
      // Libraries mark theirs.
      const entry =
        before.has(name) || name.startsWith("_") ? undefined : Object.getOwnPropertyDescriptor(globalThis, name);
      if (entry && "value" in entry) found.set(name, () => entry.value as unknown);
    }
    const listing = emptyListing();
    let at = 0;
    for (const [name, read] of found) {
      try {
        listing[`${at++}:${name}`] = read();
      } catch {
        // Not yet initialised: its cell has not come there.
      }
    }
    return listing;
  },

  children: (value: object, from: number, count: number): Listing => listingOf(value, from, count),

  /** The variables of a scope, under their names in cells; a getter stands where there is no value yet. */
  variables(scope: Record<string, unknown>): Listing {
    const listing = emptyListing();
    for (const [at, name] of Object.keys(scope).entries()) {
      const key = `${at}:${nameInCells(name)}`;
      try {
        listing[key] = scope[name];
      } catch {
        Object.defineProperty(listing, key, { enumerable: true, get: () => undefined });
      }
    }
    return listing;
  },

  /** A debugger's assignment to a part of a value. */
  assign(target: Record<string, unknown>, name: string, value: unknown): void {
    target[name] = value;
  },

  /** @returns the bundle as JSON. @param waits whether promises go on; where they do not, a display method that takes its time is left out */
  bundle(value: unknown, waits: boolean): string | Promise<string> {
    const bundle: MimeBundle | Promise<MimeBundle> = bundleOf(value);
    if (!types.isPromise(bundle)) return JSON.stringify(bundle);
    if (waits) return bundle.then((made) => JSON.stringify(made));
    bundle.catch(() => undefined);
    return JSON.stringify({ "text/plain": inspectText(value) });
  },

  take(value: unknown): number {
    taken.set(++tickets, value);
    return tickets;
  },

  taken(ticket: number): unknown {
    const value = taken.get(ticket);
    taken.delete(ticket);
    return value;
  },

  /** @returns the name in V8 of a variable that is about to be assigned */
  give(name: string): string {
    release([name]);
    return ownName(name);
  },
};

export type Answers = typeof answers;

/** Call it when everything else of the kernel's is on globalThis. */
export function installAnswers(): void {
  Object.defineProperty(globalThis, Symbol.for(ANSWERS), { configurable: true, value: answers });
  before = new Set(Object.getOwnPropertyNames(globalThis));
}
