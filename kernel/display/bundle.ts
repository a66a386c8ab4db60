// The display ladder: any value becomes a bundle of representations, the richest that fits and always text/plain.
//   1. the value's own Symbol.for("Jupyter.display") method, sync or async, or one that is called $display;
//   2. the adapters: libraries' values known by their shape, one file each in adapters/;
//   3. readable text, and a tree to open for what is long.
// Never throws; a rung that fails says so below the text of the next one.
import { types } from "node:util";
import { DISPLAY_SYMBOL, type MimeBundle } from "../../lib/core/host.ts";
import { ADAPTERS } from "./adapters.ts";
import { cleanBundle } from "./clean.ts";
import { inspectText } from "./text.ts";
import { treeOf } from "./tree.ts";

/**
 * @returns a promise only when the value's display method is asynchronous
 * @example bundleOf([1, "a"]) // { "text/plain": "[ 1, 'a' ]" }
 */
export function bundleOf(value: unknown): MimeBundle | Promise<MimeBundle> {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return plain(value);
  try {
    const { [DISPLAY_SYMBOL]: symbol, $display } = value as { [DISPLAY_SYMBOL]?: unknown; $display?: unknown };
    const own = symbol ?? $display;
    if (typeof own === "function") {
      const bundle: unknown = own.call(value);
      if (types.isPromise(bundle)) {
        return bundle.then(
          (made) => complete(value, made),
          (error: unknown) => failed(value, error),
        );
      }
      return complete(value, bundle);
    }
    if (!types.isProxy(value)) {
      for (const adapt of ADAPTERS) {
        const bundle = adapt(value);
        if (bundle) return complete(value, bundle);
      }
    }
  } catch (error) {
    return failed(value, error);
  }
  return plain(value);
}

function complete(value: unknown, bundle: unknown): MimeBundle {
  if (typeof bundle !== "object" || bundle === null) return plain(value);
  const clean = cleanBundle(bundle as MimeBundle);
  return "text/plain" in clean ? clean : { ...clean, "text/plain": inspectText(value) };
}

function plain(value: unknown): MimeBundle {
  const text = inspectText(value);
  const tree = treeOf(value, text);
  return tree ? { "text/html": tree.toString(), "text/plain": text } : { "text/plain": text };
}

function failed(value: unknown, error: unknown): MimeBundle {
  return { "text/plain": `${inspectText(value)}\n(its rich display failed: ${inspectText(error).split("\n")[0]})` };
}
