// What live values add to completion: properties that no type knows, columns of frames, keys of Maps. Asked of the executor, and only
// while no cell runs; no getter is called.
import type { Session } from "./context.ts";

export interface LiveNames {
  /** Columns, keys, fields: before what the type has. */
  readonly first: readonly LiveName[];
  /** Methods and what begins like something private: behind it. */
  readonly last: readonly LiveName[];
  /** Where the word begins that they complete: code points from the cell's beginning. */
  readonly start: number;
}

export interface LiveName {
  readonly name: string;
  /** "function", "number", a class; "" when it is not known without a call. */
  readonly type: string;
}

const PATH = String.raw`(?<![\w$.)\]"'\x60?])((?:[A-Za-z_$][\w$]*\.)*[A-Za-z_$][\w$]*)`;
/** "a.b.na" or "na". */
const MEMBER = /(?<![\w$.)\]"'`?])((?:[A-Za-z_$][\w$]*\.)*)([\w$]*)$/u;
/** "frame["na". */
const KEY = new RegExp(String.raw`${PATH}\s*(?:\?\.)?\[\s*(["'\x60])([^"'\x60\\\n]*)$`, "u");
/** "map.get("na", "frame.groupby(["na": the first string, or one of a list. */
const ARGUMENT = new RegExp(
  String.raw`${PATH}\.[\w$]+\(\s*\[?(?:\s*["'][^"'\n]*["']\s*,)*\s*(["'\x60])([^"'\x60\\\n]*)$`,
  "u",
);
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** What every object has is of no interest before its first letter is typed. */
const COMMON = new Set(Object.getOwnPropertyNames(Object.prototype));

export async function liveNames(session: Session, code: string, cursor: number): Promise<LiveNames> {
  const none = { first: [], last: [], start: cursor };
  if (session.executions.running) return none;
  const before = Array.from(code).slice(0, cursor).join("");
  const [, path, quote = "", part = ""] = KEY.exec(before) ?? ARGUMENT.exec(before) ?? [];
  if (path !== undefined) {
    const expression = KEY.test(before) ? `${path}[]` : path;
    const answer = await session.outputs.query({ kind: "keys", expression });
    const fits = (name: string) => name.startsWith(part) && !name.includes(quote) && !/[\\\n]/.test(name);
    const first = namesIn(answer).filter(({ name }) => fits(name));
    return { first, last: [], start: cursor - Array.from(part).length };
  }
  const [whole, owner = "", word = ""] = MEMBER.exec(before) ?? [];
  // Nothing typed yet, and something before it: a string, say, of which types know what may stand in it.
  if (whole === undefined || (whole === "" && before.trim() !== "")) return none;
  const answer = await session.outputs.query({ kind: "properties", expression: owner.slice(0, -1) });
  const start = cursor - word.length;
  const names = namesIn(answer).filter(({ name }) => IDENTIFIER.test(name) && name.startsWith(word));
  if (owner === "") return { first: [], last: names, start };
  const shown = word === "" ? names.filter(({ name }) => !COMMON.has(name) && !isPrivate(name)) : names;
  const isField = ({ name, type }: LiveName) => !/^function$/i.test(type) && !isPrivate(name);
  return { first: shown.filter(isField), last: shown.filter((one) => !isField(one)), start };
}

function isPrivate(name: string): boolean {
  return name.startsWith("_") || name.startsWith("$");
}

function namesIn(answer: unknown): LiveName[] {
  if (!Array.isArray(answer)) return [];
  return answer.flatMap((p: unknown) => {
    const { name, type } = p as { name?: unknown; type?: unknown };
    return typeof name === "string" ? [{ name, type: typeof type === "string" ? type : "" }] : [];
  });
}
