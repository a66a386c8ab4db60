// `import * as tslab from "tslab"` in a cell: tslab's display API on this kernel, so that its notebooks run unchanged.
import { randomUUID } from "node:crypto";

type Show = (data: unknown, options?: { readonly displayId?: string }) => void;
/** api.ts puts it there. */
const { display: own } = globalThis as unknown as {
  display: Readonly<Record<string, Show>> & ((value: unknown, options: object) => void);
};

const KINDS = ["javascript", "html", "markdown", "latex", "svg", "png", "jpeg", "gif", "pdf", "text"] as const;

export type Display = Readonly<Record<(typeof KINDS)[number], (data: string | Uint8Array) => void>> & {
  raw(contentType: string, data: string | Uint8Array): void;
};

function makeDisplay(displayId?: string): Display {
  const options = displayId === undefined ? {} : { displayId };
  const kinds = KINDS.map((kind) => [kind, (data: string | Uint8Array) => own[kind]?.(data, options)]);
  return {
    ...(Object.fromEntries(kinds) as Omit<Display, "raw">),
    raw: (contentType, data) => own({ [contentType]: data }, { ...options, raw: true }),
  };
}

export const display: Display = makeDisplay();

/** A display whose every call replaces what it showed before. */
export function newDisplay(): Display {
  return makeDisplay(randomUUID());
}

export const versions = { tslab: "1.0.22", typescript: "6", node: process.version } as const;
