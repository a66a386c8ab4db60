// `Deno.jupyter` in cells: the display API of Deno's kernel on this one, for cells written there. There is no global `Deno`: libraries would
// take this process for Deno, so the transform reads the two words from here.
import { readFileSync } from "node:fs";
import { DISPLAY_SYMBOL, type MimeBundle } from "../../../lib/core/host.ts";
import { bundleOf } from "../../display/bundle.ts";
import { TAGS } from "../../display/tags.ts";
import { DENO } from "./transform/references.ts";

interface DenoDisplayOptions {
  readonly raw?: boolean;
  readonly update?: boolean;
  readonly display_id?: string;
}

/** @param show what `display` of cells is */
export function installDeno(show: (value: unknown, options: object) => void | Promise<void>): void {
  const { html, md, svg } = TAGS;
  const jupyter = {
    $display: DISPLAY_SYMBOL,
    html,
    md,
    svg,
    async display(value: unknown, { raw, update, display_id: id }: DenoDisplayOptions = {}): Promise<void> {
      await show(value, { ...(raw && { raw }), ...(id !== undefined && { displayId: id, update: update ?? false }) });
    },
    format: async (value: unknown): Promise<MimeBundle> => bundleOf(value),
    /** Bytes, or a file with them, that show themselves as the image they are. */
    image: (source: string | Uint8Array) => (typeof source === "string" ? readFileSync(source) : source),
  };
  Object.defineProperty(globalThis, Symbol.for(DENO), { configurable: true, value: jupyter });
}
