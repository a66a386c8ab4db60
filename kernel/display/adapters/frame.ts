// Dataframes of Danfo, Arquero and Arrow: one table for all of them.
import type { MimeBundle } from "../../../lib/core/host.ts";
import { frameBundle, isFrameLike } from "../../../lib/core/table.ts";

export function frameBundleOf(value: object): MimeBundle | undefined {
  return isFrameLike(value) ? frameBundle(value) : undefined;
}
