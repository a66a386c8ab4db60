// What both threads know of the debugger's questions: where the main thread keeps the answers, and how places are told.

/** `globalThis[Symbol.for(ANSWERS)]` is what answers.ts installs. */
export const ANSWERS = "blankslate.debug";

/** Line and column from 1, as V8's stack traces count. */
export type Place = readonly [line: number, column: number];
