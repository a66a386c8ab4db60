// How a manifest leaves the laboratory: the kernel's side imports nothing of it, so it asks the process for one under this symbol, and
// reads the answer from this representation.

/** globalThis[MANIFEST_SYMBOL]: () => what `manifest()` gives; there as soon as the laboratory is imported. */
export const MANIFEST_SYMBOL = Symbol.for("blankslate.manifest");
export const MANIFEST_MIME = "application/vnd.blankslate.manifest+json";
