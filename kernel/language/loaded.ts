// What came with the memory of a process that started from a snapshot (snapshot/build.cjs): parsed files, and texts that stand in for many
// files. A thread, and a language server, have neither.
import type ts from "typescript";

interface Loaded {
  /** Parsed files. */
  readonly registry: ts.DocumentRegistry;
  /** Of the default libraries and Node's types, by path: all of them in two files, the others empty. */
  readonly bundled: ReadonlyMap<string, string>;
}

const SNAPSHOT = Symbol.for("blankslate.snapshot");

export const loaded: Loaded | undefined = (globalThis as { [SNAPSHOT]?: Loaded })[SNAPSHOT];
