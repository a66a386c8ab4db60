// Vega and Vega-Lite: specifications by their $schema, and view builders by their toSpec method.
import type { MimeBundle } from "../../../lib/core/host.ts";

const SCHEMA = /^https?:\/\/vega\.github\.io\/schema\/(vega|vega-lite)\/v(\d+)/;

/** What JupyterLab draws. Newer charts are offered as that too: versions 5 and 6 write charts alike. */
const SHOWN = 5;

export function vegaBundleOf(value: object): MimeBundle | undefined {
  const { toSpec } = value as { toSpec?: unknown };
  const spec: unknown = typeof toSpec === "function" ? toSpec.call(value) : value;
  if (typeof spec !== "object" || spec === null) return undefined;
  const { $schema: schema } = spec as { $schema?: unknown };
  const [, kind, version] = (typeof schema === "string" && SCHEMA.exec(schema)) || [];
  if (!kind) return undefined;
  const name = kind === "vega" ? "vega" : "vegalite";
  const newest = Math.min(Number(version), SHOWN);
  return {
    [`application/vnd.${name}.v${version}+json`]: spec,
    [`application/vnd.${name}.v${newest}+json`]: spec,
    "text/plain": `${kind === "vega" ? "Vega" : "Vega-Lite"} chart`,
  };
}
