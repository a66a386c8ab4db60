// What live values have, for completion and hover. Never calls a getter: V8 refuses to evaluate whatever has a side effect.
import type { Runtime, Session } from "node:inspector";
import type { Evaluator } from "./evaluate.ts";
import { remoteText } from "./remote-text.ts";
import { nameInCells, ownName } from "./run-cell.ts";
import { IMPORTS } from "./transform/references.ts";

/** One property as completion shows it. */
export interface PropertyAnswer {
  readonly name: string;
  /** "function", "number", "object", … or the class name; absent for accessors, which are not read. */
  readonly type?: string;
}

const MAX_PROPERTIES = 500;

/** @returns the names in scope for an empty expression, else the value's own and inherited properties; [] when there is no such value */
export function queryProperties(evaluator: Evaluator, expression: string): readonly PropertyAnswer[] {
  const session = evaluator.session();
  if (expression.trim() === "") return globalNames(session);
  const remote = evaluated(session, expression);
  if (!remote) return [];
  const target = remote.objectId ?? boxed(session, expression);
  const found = new Map<string, PropertyAnswer>();
  if (target !== undefined) {
    session.post("Runtime.getProperties", { objectId: target, ownProperties: false }, (error, answer) => {
      if (error) return;
      for (const { name, value, symbol } of answer.result) {
        if (symbol || found.size >= MAX_PROPERTIES || found.has(name) || /^\d+$/.test(name)) continue;
        const type = value && (value.className ?? value.type);
        found.set(name, type === undefined ? { name } : { name, type });
      }
    });
  }
  session.post("Runtime.releaseObjectGroup", { objectGroup: GROUP });
  return [...found.values()];
}

/** What strings in brackets and arguments may mean: a Map's and a Set's strings, a frame's columns, else, in brackets, an object's keys. */
const KEYS = `((value, inBrackets) => {
  const strings = (all) => Array.from(all).filter((one) => typeof one === "string").slice(0, ${MAX_PROPERTIES});
  const kind = Object.prototype.toString.call(value);
  if (kind === "[object Map]" || kind === "[object Set]") return inBrackets ? [] : strings(value.keys());
  if (Array.isArray(value.columns)) return strings(value.columns);
  if (typeof value.columnNames === "function") return strings(value.columnNames());
  return inBrackets ? strings(Object.keys(value)) : [];
})`;

/** @param expression a path; with `[]` behind it when the string stands in brackets */
export function queryKeys(evaluator: Evaluator, expression: string): readonly PropertyAnswer[] {
  const path = expression.replace(/\[\]$/, "");
  const call = `JSON.stringify(${KEYS}(${own(path)}, ${path !== expression}))`;
  const { value } = evaluated(evaluator.session(), call) ?? {};
  return typeof value === "string" ? (JSON.parse(value) as string[]).map((name) => ({ name })) : [];
}

/** @returns the type and a short preview; undefined when there is no such value */
export function queryInspect(
  evaluator: Evaluator,
  expression: string,
): { readonly type: string; readonly text: string } | undefined {
  const session = evaluator.session();
  const remote = evaluated(session, expression);
  if (!remote) return undefined;
  session.post("Runtime.releaseObjectGroup", { objectGroup: GROUP });
  const { type, className, subtype } = remote;
  return { type: className ?? subtype ?? type, text: remoteText(remote) };
}

const GROUP = "query";

/** With the name that the cell's own variable has in V8. */
function own(expression: string): string {
  return expression.replace(/^\s*[\w$]+/, (root) => ownName(root.trim()));
}

function evaluated(session: Session, expression: string): Runtime.RemoteObject | undefined {
  let remote: Runtime.RemoteObject | undefined;
  const request = {
    expression: `(${own(expression)}\n)`,
    objectGroup: GROUP,
    throwOnSideEffect: true,
    silent: true,
    generatePreview: true,
    timeout: 100,
  };
  session.post("Runtime.evaluate", request, (error: Error | null, answer?: object) => {
    const { result, exceptionDetails: details } = (answer ?? {}) as Partial<Runtime.EvaluateReturnType>;
    if (!error && !details) remote = result;
  });
  return remote;
}

/** Strings and numbers have the properties of their prototypes. */
function boxed(session: Session, expression: string): string | undefined {
  return evaluated(session, `Object(${own(expression)})`)?.objectId;
}

function globalNames(session: Session): readonly PropertyAnswer[] {
  const names = new Set<string>();
  session.post("Runtime.globalLexicalScopeNames", {}, (error, answer) => {
    if (!error) for (const name of answer.names) names.add(nameInCells(name));
  });
  for (const name of Object.getOwnPropertyNames(globalThis)) if (name !== IMPORTS) names.add(name);
  return [...names].map((name) => ({ name }));
}
