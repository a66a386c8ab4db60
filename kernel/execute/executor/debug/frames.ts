// The user's own frames of a stack that stands still, and the scopes that each of them sees. Frames of packages, of Blankslate and of Node
// between them are left out.
import type { Debugger, Runtime } from "node:inspector";
import type { OwnScript, Scripts } from "./scripts.ts";
import { type Values } from "./values.ts";

export interface Frame {
  readonly id: number;
  readonly callFrame: Debugger.CallFrame;
  readonly script: OwnScript;
  readonly line: number;
  readonly column: number;
}

/** Where the top of the stack is, seen from the user's code. */
export type Top = "own" | "added" | "foreign";

interface Scope {
  readonly name: string;
  readonly presentationHint?: "locals";
  readonly variablesReference: number;
  readonly expensive: boolean;
}

/** Of an endless recursion the innermost ones. */
const MAX_FRAMES = 200;
let last = 0;

/** @returns the frames from the innermost one on, and what V8's innermost one is: the user's, what the kernel added to a cell, or neither */
export async function ownFrames(
  callFrames: readonly Debugger.CallFrame[],
  scripts: Scripts,
): Promise<{ readonly frames: readonly Frame[]; readonly top: Top }> {
  const seen = await Promise.all(
    callFrames.slice(0, MAX_FRAMES).map(async (callFrame) => {
      const script = await scripts.own(callFrame.location.scriptId);
      return { callFrame, script, place: script && (await scripts.locate(script, callFrame.location)) };
    }),
  );
  const frames = seen.flatMap(({ callFrame, script, place }) =>
    script && place ? [{ id: ++last, callFrame, script, line: place[0], column: place[1] }] : [],
  );
  const top = seen[0]?.place ? "own" : seen[0]?.script ? "added" : "foreign";
  return { frames, top };
}

/** As the debug protocol has it. */
export function shownFrame({ id, callFrame, script, line, column }: Frame): object {
  const { functionName, scopeChain } = callFrame;
  const isWhole = functionName === "" && !scopeChain.some(({ type }) => type === "local" || type === "module");
  return {
    id,
    name: isWhole ? script.name : functionName || "(anonymous)",
    line,
    column,
    source: { name: script.name, path: script.path },
  };
}

const INNER = new Set(["block", "local", "catch", "with", "eval"]);

/** Locals (with `this` and what is being returned), one scope for each closure, and the cells' top-level names. */
export function scopesOf({ callFrame }: Frame, values: Values): readonly Scope[] {
  const scopes: Scope[] = [];
  const inner: string[] = [];
  for (const { type, name, object } of callFrame.scopeChain) {
    if (object.objectId === undefined) continue;
    if (INNER.has(type)) inner.push(object.objectId);
    else if (type === "closure" || type === "module")
      scopes.push(
        scope(type === "module" ? "Module" : name ? `Closure (${name})` : "Closure", [object.objectId], values),
      );
  }
  const extras: [string, Runtime.RemoteObject][] = [];
  const { this: self, returnValue } = callFrame;
  if (self.type !== "undefined" && self.className !== "global" && self.description !== "global")
    extras.push(["this", self]);
  if (returnValue && returnValue.type !== "undefined") extras.push(["(returns)", returnValue]);
  if (inner.length > 0 || extras.length > 0)
    scopes.unshift({ ...scope("Locals", inner, values, extras), presentationHint: "locals" });
  scopes.push({ name: "Globals", variablesReference: values.keep({ kind: "globals" }), expensive: false });
  return numbered(scopes);
}

function scope(
  name: string,
  objectIds: readonly string[],
  values: Values,
  extras: readonly (readonly [string, Runtime.RemoteObject])[] = [],
): Scope {
  return { name, variablesReference: values.keep({ kind: "scope", objectIds, extras }), expensive: false };
}

/** Front ends tell scopes apart by their names. */
function numbered(scopes: readonly Scope[]): readonly Scope[] {
  const times = new Map<string, number>();
  return scopes.map((one) => {
    const time = (times.get(one.name) ?? 0) + 1;
    times.set(one.name, time);
    return time === 1 ? one : { ...one, name: `${one.name} ${time}` };
  });
}
