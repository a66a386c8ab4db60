// Nested objects, arrays, Maps and Sets as a tree that opens where one clicks; only for what is too large to read as text at once.
// Getters are not called, proxies not looked into.
import { performance } from "node:perf_hooks";
import { types } from "node:util";
import { html, type Html } from "../../lib/core/html.ts";
import { inspectText } from "./text.ts";

/** Lines of plain text from which the tree is worth it. */
const MIN_LINES = 12;
/** The text leaves something out for its depth. */
const ELIDED = /\[(?:Array|Object|Map|Set|Object: null prototype)\]/;
const MAX_NODES = 600;
/** Objects with very many keys are slow to list. */
const MAX_MS = 15;
const MAX_CHILDREN = 100;
const MAX_DEPTH = 6;
const MAX_LEAF = 300;

interface Budget {
  left: number;
  readonly until: number;
  readonly path: Set<object>;
}

interface Child {
  readonly name: string;
  readonly value?: unknown;
  readonly getter?: true;
}

/**
 * @param text the value as plain text, which says whether it is too large for that
 * @returns undefined for what reads well as text
 */
export function treeOf(value: unknown, text: string): Html | undefined {
  if (!isBranch(value)) return undefined;
  if (text.split("\n", MIN_LINES).length < MIN_LINES && !ELIDED.test(text)) return undefined;
  // Flat lists read better as text.
  if (!childrenOf(value).children.some((child) => isBranch(child.value))) return undefined;
  const tree = node("", value, { left: MAX_NODES, until: performance.now() + MAX_MS, path: new Set() }, 0);
  return html`<div
    style="font-family: var(--jp-code-font-family, monospace); font-size: 13px; padding-left: var(--jp-code-padding, 0)"
  >
    ${tree}
  </div>`;
}

function node(name: string, value: unknown, budget: Budget, depth: number): Html {
  const label = name === "" ? "" : html`<span style="opacity: 0.7">${name}: </span>`;
  if (!isBranch(value)) return html`<div>${label}${leafText(value)}</div>`;
  if (budget.path.has(value)) return html`<div>${label}[circular]</div>`;
  const { children, size } = childrenOf(value);
  const title = `${className(value)} (${size})`;
  if (depth >= MAX_DEPTH || size === 0) return html`<div>${label}${title}</div>`;
  budget.path.add(value);
  const shown: Html[] = [];
  for (const child of children) {
    if (budget.left-- <= 0 || performance.now() > budget.until) break;
    shown.push(
      child.getter
        ? html`<div><span style="opacity: 0.7">${child.name}: </span>(getter)</div>`
        : node(child.name, child.value, budget, depth + 1),
    );
  }
  budget.path.delete(value);
  if (shown.length < size) shown.push(html`<div style="opacity: 0.7">… ${size - shown.length} more</div>`);
  const body = html`<summary style="cursor: pointer">${label}${title}</summary>
    <div style="margin-left: 1.5em">${shown}</div>`;
  return depth === 0 ? html`<details open>${body}</details>` : html`<details>${body}</details>`;
}

function isBranch(value: unknown): value is object {
  return typeof value === "object" && value !== null && !types.isProxy(value) && !isLeaf(value);
}

function isLeaf(value: object): boolean {
  return (
    ArrayBuffer.isView(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isNativeError(value) ||
    types.isPromise(value)
  );
}

function leafText(value: unknown): string {
  const text = inspectText(value);
  return text.length > MAX_LEAF ? `${text.slice(0, MAX_LEAF)}…` : text;
}

/** The first children, and how many there are. */
function childrenOf(value: object): { readonly children: readonly Child[]; readonly size: number } {
  if (types.isMap(value) || types.isSet(value)) {
    const children: Child[] = [];
    // The prototypes' own iterators: a subclass may have replaced its own.
    const entries = types.isMap(value) ? Map.prototype.entries.call(value) : Set.prototype.entries.call(value);
    for (const [key, item] of entries as Iterable<readonly [unknown, unknown]>) {
      if (children.length >= MAX_CHILDREN) break;
      children.push({ name: types.isMap(value) ? `${leafText(key)} =>` : String(children.length), value: item });
    }
    return { children, size: value.size };
  }
  const keys = Object.keys(value);
  const children = keys.slice(0, MAX_CHILDREN).map((name): Child => {
    const property = Object.getOwnPropertyDescriptor(value, name);
    return property?.get ? { name, getter: true } : { name, value: property?.value as unknown };
  });
  return { children, size: keys.length };
}

function className(value: object): string {
  try {
    const name: unknown = value.constructor.name;
    return typeof name === "string" && name !== "" ? name : "Object";
  } catch {
    return "Object"; // No prototype, or a constructor that throws.
  }
}
