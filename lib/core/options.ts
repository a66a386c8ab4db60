// Options as they come in: the types tell a checked cell what may stand there, and this tells everybody else (unchecked cells, scripts, JSON configurations). A name that is not an option, and a
// value that is none, stop the call before it has computed anything; both are said with what would be right.
import { fault } from "./errors.ts";
import { isRecord } from "./record.ts";

/** What a value may be. */
export interface Rule {
  /** Ends the sentence "it may be …". */
  readonly may: string;
  readonly holds: (value: unknown) => boolean;
  readonly required?: boolean;
  /** Says itself what is wrong with a value that holds, where there is more to say than what it may be. */
  readonly check?: (value: unknown, name: string) => void;
}

/** One rule for each option: an option without one is an error of types. */
export type Rules<Options> = { readonly [Name in keyof Required<Options>]: Rule };

/** Of which every name must have a rule. */
export type Ruled = Readonly<Record<string, Rule>>;

const isNumber = (value: unknown): value is number => typeof value === "number" && !Number.isNaN(value);

export const whole = (least: number): Rule => ({
  may: `a whole number, at least ${least}`,
  holds: (value) => Number.isSafeInteger(value) && (value as number) >= least,
});
/** Finite, from `least` on. */
export const atLeast = (least: number): Rule => ({
  may: `a number, at least ${least}`,
  holds: (value) => Number.isFinite(value) && (value as number) >= least,
});
/** Infinity too: without a limit. */
export const above = (bound: number): Rule => ({
  may: `a number above ${bound}`,
  holds: (value) => isNumber(value) && value > bound,
});
/** `low` itself may be; `high` not. */
export const within = (low: number, high: number): Rule => ({
  may: `a number from ${low} to below ${high}`,
  holds: (value) => isNumber(value) && value >= low && value < high,
});
/** From 0 to 1, both included. */
export const share: Rule = {
  may: "a number from 0 to 1",
  holds: (value) => isNumber(value) && value >= 0 && value <= 1,
};
/** Any that is finite. */
export const number: Rule = { may: "a finite number", holds: (value) => Number.isFinite(value) };
export const flag: Rule = { may: "true or false", holds: (value) => typeof value === "boolean" };
export const text: Rule = { may: "a text", holds: (value) => typeof value === "string" };
export const texts: Rule = {
  may: "a list of texts",
  holds: (value) => Array.isArray(value) && value.every((one) => typeof one === "string"),
};
export const seed: Rule = {
  may: "a number or a text",
  holds: (value) => typeof value === "string" || Number.isFinite(value),
};
export const signal: Rule = {
  may: "the signal of an AbortController",
  holds: (value) => isRecord(value) && typeof value["aborted"] === "boolean",
};
export const callable: Rule = { may: "a function", holds: (value) => typeof value === "function" };
export const anything: Rule = { may: "anything", holds: () => true };
/** Whose entries another call looks at. */
export const record: Rule = { may: "an object", holds: isRecord };
export const oneOf = (...values: readonly string[]): Rule => ({
  may: `one of ${values.join(", ")}`,
  holds: (value) => values.includes(value as string),
});
/** What another check accepts. @param check throws what it has to say */
export const checked = (may: string, check: (value: never, name: string) => void): Rule => ({
  may,
  holds: () => true,
  check: (value, name) => check(value as never, name),
});
export const listOf = (rule: Rule, least = 1): Rule => ({
  may: `a list${least === 0 ? "" : ` of at least ${least}`}, each ${rule.may}`,
  holds: (value) => Array.isArray(value) && value.length >= least && value.every((one) => rule.holds(one)),
  check: (value, name) => (value as readonly unknown[]).forEach((one, i) => rule.check?.(one, `${name}[${i}]`)),
});
/** An object whose names are the user's own. */
export const named = (rule: Rule): Rule => ({
  may: `an object, { name: ${rule.may} }`,
  holds: (value) => isRecord(value) && Object.values(value).every((one) => rule.holds(one)),
  check: (value, name) => Object.entries(value as object).forEach(([key, one]) => rule.check?.(one, `${name}.${key}`)),
});
export const nullable = (rule: Rule): Rule => ({
  ...rule,
  may: `${rule.may}, or null`,
  holds: (value) => value === null || rule.holds(value),
  check: (value, name) => value !== null && rule.check?.(value, name),
});
/** What one of them holds of. */
export const either = (...rules: readonly Rule[]): Rule => ({
  may: rules.map(({ may }) => may).join(", or "),
  holds: (value) => rules.some((rule) => rule.holds(value)),
  check: (value, name) => rules.find((rule) => rule.holds(value))?.check?.(value, name),
});
/** Some of the rules: those of a call that leaves options to its caller. */
export const without = <R extends Ruled, N extends string & keyof R>(rules: R, ...names: readonly N[]): Omit<R, N> =>
  Object.fromEntries(Object.entries(rules).filter(([name]) => !names.includes(name as N))) as Omit<R, N>;
export const required = (rule: Rule): Rule => ({ ...rule, required: true });
export const shaped = <Options>(inside: Rules<Options>): Rule => ({
  may: `{ ${Object.entries<Rule>(inside)
    .map(([name, rule]) => (rule.required ? name : `${name}?`))
    .join(", ")} }`,
  holds: isRecord,
  check: (value, name) => void checkOptions(name, value as object, inside),
});

/**
 * @param what   the call, as its user knows it, or the option that holds these, e.g. "sft" or "heldOut"
 * @param given  undefined, or an entry that is undefined, counts as left out
 * @returns what is given, without entries that are undefined: they would take the place of defaults
 * @throws OPTION_UNKNOWN  a name that is no option; says which is meant, if one is near
 * @throws OPTION_MISSING  an option that has no default
 * @throws OPTION_INVALID  a value that an option cannot have
 */
export function checkOptions<Given extends object>(what: string, given: Given | undefined, rules: Ruled): Given {
  if (given !== undefined && !isRecord(given))
    throw fault(
      "OPTION_INVALID",
      `the options of ${what} are ${shown(given)}.`,
      "they are an object, { name: value }.",
    );
  const present = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  for (const [name, value] of present) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!rule) throw unknown(what, name, Object.keys(rules));
    if (!rule.holds(value))
      throw fault("OPTION_INVALID", `${name} of ${what} is ${shown(value)}.`, `it may be ${rule.may}.`);
    rule.check?.(value, name);
  }
  const names = new Set(present.map(([name]) => name));
  const missing = Object.entries(rules).filter(([name, rule]) => rule.required && !names.has(name));
  if (missing.length > 0)
    throw fault(
      "OPTION_MISSING",
      `${what} needs ${missing.map(([name]) => name).join(", ")}.`,
      missing.map(([name, { may }]) => `${name}: ${may}`).join("; "),
    );
  return Object.fromEntries(present) as Given;
}

function unknown(what: string, name: string, known: readonly string[]): Error {
  const near = nearest(name, known);
  const all = `${what} has ${known.join(", ")}.`;
  const hint = near === undefined ? all : `${near} is meant, perhaps; ${all}`;
  return fault("OPTION_UNKNOWN", `${what} has no option called ${JSON.stringify(name)}.`, hint);
}

/** What people write for another name: its initials, a part of it or more than it, or a slip of a few letters. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const level = (one: string) => one.toLowerCase().replaceAll(/[^a-z0-9]/gu, "");
  const initials = (one: string) => (one[0] ?? "") + one.replaceAll(/[^A-Z]/gu, "");
  const wanted = level(name);
  const distances = known.map((one) => ({ one, distance: distance(wanted, level(one)) }));
  const [closest] = distances.toSorted((a, b) => a.distance - b.distance);
  if (closest && closest.distance <= Math.min(3, wanted.length / 3)) return closest.one;
  const parts = known.filter(
    (one) => wanted.includes(level(one)) || (wanted.length > 3 && level(one).includes(wanted)),
  );
  return (
    known.find((one) => one.length > 3 && initials(one).toLowerCase() === wanted) ??
    parts.toSorted((a, b) => b.length - a.length)[0]
  );
}

/** Letters to change, add, take away, or exchange with their neighbour (Damerau 1964). */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const [above, next] = [rows[i - 1]!, [i]];
    for (let j = 1; j <= b.length; j++) {
      const changed = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const crossed = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next.push(Math.min(above[j]! + 1, next[j - 1]! + 1, changed, crossed ? rows[i - 2]![j - 2]! + 1 : Infinity));
    }
    rows.push(next);
  }
  return rows[a.length]![b.length]!;
}

/** A value as a person wrote it, and of what kind it is where that is not seen. */
export function shown(value: unknown): string {
  if (typeof value === "string")
    return `the text ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  // Of a cell's realm or of this one.
  if (typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function")
    return "a promise (write `await` before it)";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
