// Every `await` of a cell goes through the executor, so that an interrupt ends it with an error: `finally` blocks run, and no loop
// goes on in the background after its cell was stopped.
import type MagicString from "magic-string";
import { Visitor, type Program } from "oxc-parser";

/** Registered by the executor: (value) => what to await instead, with `.each` for the values of `for await`. */
const AWAITER = `globalThis[Symbol.for("blankslate.await")]`;

/** Call it after every other change to `out`: overwriting a place drops what was put before it. */
export function guardAwaits(code: string, program: Program, out: MagicString): void {
  if (!code.includes("await")) return;
  const wrap = ({ start, end }: { readonly start: number; readonly end: number }, call: string) => {
    out.appendRight(start, `${call}(`);
    out.appendLeft(end, ")");
  };
  new Visitor({
    AwaitExpression: ({ argument }) => wrap(argument, AWAITER),
    ForOfStatement: (loop) => {
      if (loop.await) wrap(loop.right, `${AWAITER}.each`);
    },
  }).visit(program);
}
