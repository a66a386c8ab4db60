// What a value is made of, for the debugger to show, within limits: one flat object whose keys are `number:name`, in order. No getter and
// no trap of the user's runs: an accessor stays one.
import { inspect, types } from "node:util";

export type Listing = Record<string, unknown>;

const MAX_KEY = 100;

export function emptyListing(): Listing {
  return Object.create(null) as Listing;
}

/** @returns the entries `from` to `from + count` */
export function listingOf(value: object, from: number, count: number): Listing {
  const listing = emptyListing();
  if (types.isProxy(value)) return listing;
  const put = (at: number, name: string, entry: PropertyDescriptor) =>
    Object.defineProperty(listing, `${at}:${name}`, { ...entry, enumerable: true, configurable: true });
  if (Array.isArray(value) || types.isTypedArray(value)) {
    const end = Math.min(value.length, from + count);
    for (let i = from; i < end; i++) {
      const entry = Object.getOwnPropertyDescriptor(value, i);
      if (entry) put(i, String(i), entry);
    }
    return listing;
  }
  if (types.isMap(value) || types.isSet(value)) {
    // The prototypes' own iterators: a subclass may have replaced its own.
    const entries = types.isMap(value) ? Map.prototype.entries.call(value) : Set.prototype.values.call(value);
    let at = 0;
    for (const entry of entries as Iterable<unknown>) {
      if (at >= from + count) break;
      if (at >= from) {
        const [name, content] = types.isMap(value) ? (entry as [unknown, unknown]) : [at, entry];
        put(at, keyText(name), { value: content });
      }
      at++;
    }
    return listing;
  }
  const keys = Reflect.ownKeys(value).filter((key) => typeof value !== "function" || isEnumerable(value, key));
  keys.slice(from, from + count).forEach((key, i) => {
    const entry = Object.getOwnPropertyDescriptor(value, key);
    if (entry) put(from + i, typeof key === "symbol" ? `[${String(key)}]` : key, entry);
  });
  return listing;
}

/** A function's own name, length and prototype tell nothing. */
function isEnumerable(value: object, key: PropertyKey): boolean {
  return Object.prototype.propertyIsEnumerable.call(value, key);
}

function keyText(key: unknown): string {
  const text = inspect(key, { depth: 0, customInspect: false });
  return text.length > MAX_KEY ? `${text.slice(0, MAX_KEY)}…` : text;
}
