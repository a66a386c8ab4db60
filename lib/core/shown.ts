// What shows itself in a cell prints itself too: console.log gives its text instead of its insides, in cells and in scripts. Inside of
// another value it is its name.
import type { InspectOptions } from "node:util";
import { DISPLAY_SYMBOL, type MimeBundle } from "./host.ts";

export const INSPECT_SYMBOL = Symbol.for("nodejs.util.inspect.custom");

/** Node calls it with the levels that are left, and with those there were at the top. */
export type Inspect = (this: Displayed, left: number | null, options: InspectOptions) => string;

interface Displayed {
  [DISPLAY_SYMBOL](): MimeBundle;
}

/** @param name what stands for it inside of another value; default its class's */
export const inspectedAs = (name?: string): Inspect =>
  function inspected(left, { depth }) {
    const inside = left !== null && left < (depth ?? left);
    return inside ? `[${name ?? this.constructor.name}]` : String(this[DISPLAY_SYMBOL]()["text/plain"]);
  };

export abstract class Shown {
  abstract [DISPLAY_SYMBOL](): MimeBundle;

  toString(): string {
    return String(this[DISPLAY_SYMBOL]()["text/plain"]);
  }
}
Object.defineProperty(Shown.prototype, INSPECT_SYMBOL, { value: inspectedAs() });
