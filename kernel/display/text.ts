// Any value as plain text: Node's own inspection, without colours, within limits of size and time, never throwing.
import { inspect, types } from "node:util";

/** UTF-16 units; with it a bundle stays below 256 KiB of UTF-8 in all but exotic scripts. */
const MAX_TEXT = 60_000;
/** Entries of objects and arrays shown at all levels together. A full inspection of so many takes about 10 ms. */
const MAX_ENTRIES = 2_000;
/** Entries of one object. */
const MAX_KEYS = 200;
const MAX_DEPTH = 4;

const OPTIONS = { maxArrayLength: 100, maxStringLength: 10_000, breakLength: 100, colors: false } as const;

/** @example inspectText({ a: [1, 2n] }) // "{ a: [ 1, 2n ] }" */
export function inspectText(value: unknown): string {
  try {
    return cut(inspectWithin(value));
  } catch (error) {
    return `${tagOf(value)} (its inspection failed: ${messageOf(error)})`;
  }
}

function inspectWithin(value: unknown): string {
  if (typeof value !== "object" || value === null) return inspect(value, OPTIONS);
  if (types.isProxy(value)) return inspect(value, { ...OPTIONS, depth: 1 });
  const wide = isPlainish(value) ? Object.keys(value) : [];
  if (wide.length > MAX_KEYS) {
    const shown = Object.create(Object.getPrototypeOf(value) as object | null) as object;
    for (const key of wide.slice(0, MAX_KEYS))
      Object.defineProperty(shown, key, Object.getOwnPropertyDescriptor(value, key)!);
    return `${inspect(shown, { ...OPTIONS, depth: depthFor(shown) })}\n… ${wide.length - MAX_KEYS} more properties`;
  }
  return inspect(value, { ...OPTIONS, depth: depthFor(value) });
}

/** The deepest inspection that shows at most MAX_ENTRIES. Looks at own data properties only: no getter runs. */
function depthFor(root: object): number {
  let level: object[] = [root];
  let entries = 0;
  const seen = new Set<object>(level);
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const next: object[] = [];
    for (const value of level) {
      // One below the top with very many keys would all be shown: stop above it.
      const children = childrenOf(value);
      if (children === undefined) return Math.max(0, depth - 1);
      entries += children.length;
      if (entries > MAX_ENTRIES) return Math.max(0, depth - 1);
      for (const child of children) {
        if (typeof child !== "object" || child === null || seen.has(child)) continue;
        seen.add(child);
        next.push(child);
      }
    }
    if (next.length === 0) return MAX_DEPTH;
    level = next;
  }
  return MAX_DEPTH - 1;
}

/** @returns what inspection would show of it; undefined for too many keys */
function childrenOf(value: object): readonly unknown[] | undefined {
  if (types.isProxy(value)) return undefined;
  if (Array.isArray(value)) return value.slice(0, OPTIONS.maxArrayLength) as unknown[];
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return [];
  if (types.isMap(value) || types.isSet(value)) {
    const shown: unknown[] = [];
    // The prototypes' own iterators: a subclass may have replaced its own.
    const entries = types.isMap(value) ? Map.prototype.entries.call(value) : Set.prototype.values.call(value);
    for (const entry of entries) {
      if (shown.length >= OPTIONS.maxArrayLength) break;
      if (Array.isArray(entry) && types.isMap(value)) shown.push(...(entry as unknown[]));
      else shown.push(entry);
    }
    return shown;
  }
  const keys = Object.keys(value);
  if (keys.length > MAX_KEYS) return undefined;
  return keys.map((key) => Object.getOwnPropertyDescriptor(value, key)?.value as unknown);
}

function isPlainish(value: object): boolean {
  return (
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !types.isMap(value) &&
    !types.isSet(value) &&
    !types.isNativeError(value)
  );
}

function tagOf(value: unknown): string {
  return typeof value === "object" && value !== null ? "[object]" : `[${typeof value}]`;
}

function messageOf(error: unknown): string {
  try {
    return String((error as { message?: unknown }).message).slice(0, 200);
  } catch {
    return "and its error cannot be shown";
  }
}

function cut(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}\n… ${text.length - MAX_TEXT} more characters`;
}
