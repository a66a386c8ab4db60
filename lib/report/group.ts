// Displays inside displays: while each() runs, the long calls inside it draw into its display instead of opening their own. Which display
// a call belongs to travels with its asynchronous context, so that two of them at once do not mix.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Html } from "../core/html.ts";

/** Where an inner call draws: its HTML, and the same as one line. */
export interface Group {
  show(inner: Html, line: string): void;
}

const groups = new AsyncLocalStorage<Group>();

/** @returns the display that is around this code, if any */
export const enclosingGroup = (): Group | undefined => groups.getStore();

export const insideGroup = <T>(group: Group, work: () => T): T => groups.run(group, work);
