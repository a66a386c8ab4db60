// What a `debug_request` may ask: the requests of the debug adapter protocol that this kernel answers, with Jupyter's own among them, and
// the arguments that each of them takes. Others are refused. The kernel parses requests by this table and the tests ask by it.
// Source: microsoft.github.io/debug-adapter-protocol (1.70), and jupyter_client, docs/messaging.rst, "Debug request".
import { type Check, type Checked, fields, integer, listOf, oneOf, optional, text, withDefault } from "./schema.ts";

const nothing = fields({});
const frame = { frameId: optional(integer) };

/** What a cell calls a variable. */
const name: Check<string> = (value, path) => {
  const given = text(value, path);
  if (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(given)) return given;
  return oneOf("the name of a variable")(given, path);
};

export const DEBUG_REQUESTS = {
  initialize: nothing,
  attach: nothing,
  configurationDone: nothing,
  disconnect: nothing,
  debugInfo: nothing,
  dumpCell: fields({ code: text }),
  setBreakpoints: fields({
    source: fields({ path: text }),
    breakpoints: withDefault(
      listOf(fields({ line: integer, condition: optional(text), logMessage: optional(text) })),
      [],
    ),
  }),
  setExceptionBreakpoints: fields({ filters: withDefault(listOf(oneOf("uncaught", "all")), []) }),
  threads: nothing,
  modules: nothing,
  source: fields({ source: fields({ path: text }) }),
  stackTrace: fields({ startFrame: withDefault(integer, 0), levels: withDefault(integer, 0) }),
  scopes: fields({ frameId: integer }),
  variables: fields({
    variablesReference: integer,
    start: withDefault(integer, 0),
    count: withDefault(integer, 0),
  }),
  evaluate: fields({ expression: text, context: withDefault(text, ""), ...frame }),
  setVariable: fields({ variablesReference: integer, name: text, value: text }),
  inspectVariables: nothing,
  richInspectVariables: fields({ variableName: name, ...frame }),
  copyToGlobals: fields({ srcVariableName: name, dstVariableName: name, srcFrameId: integer }),
  continue: nothing,
  next: nothing,
  stepIn: nothing,
  stepOut: nothing,
  pause: nothing,
} as const;

export type DebugCommand = keyof typeof DEBUG_REQUESTS;
export type DebugArguments<C extends DebugCommand> = Checked<(typeof DEBUG_REQUESTS)[C]>;
