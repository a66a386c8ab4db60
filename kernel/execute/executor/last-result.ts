// `_`: what the last cell with a result gave, as in IPython and Node's own REPL. Only that one: all of them (IPython's `Out`) would keep every
// tensor and frame of a notebook alive. A cell that gives the name a value of its own has it for good.
let last: unknown;

export function keepResult(value: unknown): void {
  const found = Object.getOwnPropertyDescriptor(globalThis, "_");
  if (found && !("value" in found && Object.is(found.value, last))) return;
  last = value;
  Object.defineProperty(globalThis, "_", { configurable: true, enumerable: false, writable: true, value });
}
