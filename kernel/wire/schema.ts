// Checks of parsed JSON, made from small parts: each is a function from an unknown value to a typed one, or it throws. Written here,
// because loading zod costs 210 ms of the 350 ms in which a kernel must answer its first request.
import { fault } from "../../lib/core/errors.ts";

export type Check<T> = (value: unknown, path: string) => T;
/** The type that a check gives. */
export type Checked<C> = C extends Check<infer T> ? T : never;
export type JsonObject = Readonly<Record<string, unknown>>;

function refuse(path: string, expected: string, value: unknown): never {
  const got = value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
  throw fault(
    "WIRE_SCHEMA",
    `${path} is ${got}, expected ${expected}.`,
    "see the messages in kernel/wire/messages.ts.",
  );
}

export const text: Check<string> = (value, path) =>
  typeof value === "string" ? value : refuse(path, "a string", value);

export const flag: Check<boolean> = (value, path) =>
  typeof value === "boolean" ? value : refuse(path, "true or false", value);

export const integer: Check<number> = (value, path) =>
  Number.isSafeInteger(value) ? (value as number) : refuse(path, "an integer", value);

export const finite: Check<number> = (value, path) =>
  Number.isFinite(value) ? (value as number) : refuse(path, "a number", value);

/** Any JSON object; what is inside is somebody else's business. */
export const anyObject: Check<JsonObject> = (value, path) =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : refuse(path, "an object", value);

export const anything: Check<unknown> = (value) => value;

export function oneOf<const T extends readonly (string | number)[]>(...options: T): Check<T[number]> {
  return (value, path) =>
    options.includes(value as T[number]) ? (value as T[number]) : refuse(path, `one of ${options.join(", ")}`, value);
}

export function listOf<T>(item: Check<T>): Check<readonly T[]> {
  return (value, path) =>
    Array.isArray(value) ? value.map((v, i) => item(v, `${path}[${i}]`)) : refuse(path, "a list", value);
}

export function mapOf<T>(item: Check<T>): Check<Readonly<Record<string, T>>> {
  return (value, path) =>
    Object.fromEntries(Object.entries(anyObject(value, path)).map(([k, v]) => [k, item(v, `${path}.${k}`)]));
}

/** A field that may be missing or null; then it is `fallback`. */
export function withDefault<T>(check: Check<T>, fallback: T): Check<T> {
  return (value, path) => (value === undefined || value === null ? fallback : check(value, path));
}

/** A field that may be missing or null; then it is undefined. */
export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value, path) => (value === undefined || value === null ? undefined : check(value, path));
}

/** An object with these fields; others are left out, as the protocol asks of receivers. */
export function fields<S extends Readonly<Record<string, Check<unknown>>>>(
  shape: S,
): Check<{ readonly [K in keyof S]: Checked<S[K]> }> {
  const entries = Object.entries(shape);
  return (value, path) => {
    const object = anyObject(value, path);
    return Object.fromEntries(entries.map(([k, check]) => [k, check(object[k], `${path}.${k}`)])) as never;
  };
}

/** The first check that accepts. */
export function either<A, B>(first: Check<A>, second: Check<B>): Check<A | B> {
  return (value, path) => {
    try {
      return first(value, path);
    } catch {
      return second(value, path);
    }
  };
}
