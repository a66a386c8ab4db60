// Values of columnar files as plain ones that JSON has too, so that a row means the same whichever file it came from.

/** 64-bit integers become numbers where those are exact, else text; times become ISO text; typed arrays and vectors become lists. */
export function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (value === undefined) return null;
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Map) return Object.fromEntries(Array.from(value, ([k, v]) => [String(k), plain(v)]));
  if (Array.isArray(value)) return value.map(plain);
  if (ArrayBuffer.isView(value) || Symbol.iterator in value)
    return Array.from(value as unknown as Iterable<unknown>, (item) => plain(item));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}
