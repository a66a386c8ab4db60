// Every `await` of a cell goes through the executor, so that an interrupt ends it with an error: `finally` blocks run, and no loop
// goes on in the background after its cell was stopped.
import type MagicString from "magic-string";
import { Visitor, type Program } from "oxc-parser";

/** Registered by the executor: (value) => what to await instead, with `.each` for the values of `for await`. */
const AWAITER = `globalThis[Symbol.for("blankslate.await")]`;

/** What is awaited, and by what it is to go. */
interface Awaited {
  readonly start: number;
  readonly end: number;
  readonly call: string;
}

let found: Awaited[] = [];
/** One for all cells: oxc-parser keeps the functions of every visitor that was ever made, and with them what they see. */
const visitor = new Visitor({
  AwaitExpression: ({ argument: { start, end } }) => void found.push({ start, end, call: AWAITER }),
  ForOfStatement({ await: isAsync, right: { start, end } }) {
    if (isAsync) found.push({ start, end, call: `${AWAITER}.each` });
  },
});

function awaitsIn(program: Program): readonly Awaited[] {
  found = [];
  visitor.visit(program);
  return found;
}

/** Call it after every other change to `out`: overwriting a place drops what was put before it. */
export function guardAwaits(code: string, program: Program, out: MagicString): void {
  if (!code.includes("await")) return;
  for (const { start, end, call } of awaitsIn(program)) {
    out.appendRight(start, `${call}(`);
    out.appendLeft(end, ")");
  }
}
