// What came with the memory of a process that started from a snapshot (snapshot/build.cjs): parsed files, and texts that stand in for many
// files, and names that nobody need look up again. A thread, and a language server, have none of it.
import type ts from "typescript";
import type { Exported } from "./snapshot/exported.cjs";

interface Loaded {
  /** Parsed files. */
  readonly registry: ts.DocumentRegistry;
  /** Of the default libraries and Node's types, by path: all of them in two files, the others empty. */
  readonly bundled: ReadonlyMap<string, string>;
  /** The files that their comments stand in, by number (snapshot/uncommented.cjs). */
  readonly commented: readonly string[];
  /** What can be imported from Node's modules, whose bodies are parsed when somebody looks at them (snapshot/postponed.cjs). */
  readonly exported: ReadonlyMap<ts.Symbol, Exported>;
}

const SNAPSHOT = Symbol.for("blankslate.snapshot");

export const loaded: Loaded | undefined = (globalThis as { [SNAPSHOT]?: Loaded })[SNAPSHOT];
