// Bytes inside a widget's state travel beside its JSON: each is taken out, its path noted, and put back at the other end. Widgets inside
// it travel as "IPY_MODEL_" and their id.

export type State = Record<string, unknown>;
type Path = readonly (string | number)[];

export interface Packed {
  readonly state: State;
  readonly buffer_paths: readonly Path[];
  readonly buffers: readonly Uint8Array[];
}

const REFERENCE = "IPY_MODEL_";

/** @param idOf the id of a value that is a widget */
export function pack(state: State, idOf: (value: object) => string | undefined): Packed {
  const paths: Path[] = [];
  const buffers: Uint8Array[] = [];
  const walk = (value: unknown, path: Path): unknown => {
    if (typeof value !== "object" || value === null) return value;
    const bytes = bytesOf(value);
    if (bytes) {
      paths.push(path);
      buffers.push(bytes);
      // A list keeps its length, an object loses the key: as ipywidgets does.
      return null;
    }
    const id = idOf(value);
    if (id !== undefined) return REFERENCE + id;
    if (Array.isArray(value)) return value.map((item, i) => walk(item, [...path, i]));
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, item]) => [key, walk(item, [...path, key])] as const)
        .filter(([key]) => bytesOf((value as State)[key]) === undefined),
    );
  };
  return { state: walk(state, []) as State, buffer_paths: paths, buffers };
}

/** @param widgetOf the widget of an id, if it is known */
export function unpack(
  { state, buffer_paths: paths, buffers }: Packed,
  widgetOf: (id: string) => object | undefined,
): State {
  const walk = (value: unknown): unknown => {
    if (typeof value === "string" && value.startsWith(REFERENCE))
      return widgetOf(value.slice(REFERENCE.length)) ?? value;
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item)]));
  };
  const whole = walk(state) as State;
  paths.forEach((path, i) => {
    const last = path.at(-1);
    let target: State | undefined = whole;
    for (const step of path.slice(0, -1)) target = target?.[step] as State | undefined;
    // A path that leads nowhere comes from a front end that speaks another dialect: its bytes have no place.
    if (target !== undefined && last !== undefined) target[last] = buffers[i];
  });
  return whole;
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
}
