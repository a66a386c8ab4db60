// A world's page, as a cell shows it: what the task is, one problem of it, what is known exactly, and how a test can leave what was trained.
import type { MimeBundle } from "../core/host.ts";
import { html } from "../core/html.ts";
import { rowsTable, tableBundle } from "../core/table.ts";
import type { WorldDescription } from "./world.ts";

const STYLE = html`<style>
  .bl-world {
    max-width: 46em;
    margin: 0.4em 0;
  }
  .bl-world pre {
    margin: 0.5em 0;
    padding: 0.5em 0.8em;
    border-left: 3px solid #2f7fd1;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .bl-world b {
    font-weight: 600;
  }
  .bl-world ul {
    margin: 0.4em 0;
    padding-left: 1.2em;
  }
</style>`;

const share = (value: number): string =>
  value >= 0.001 ? `${Number((100 * value).toPrecision(2))} %` : value.toExponential(1);

/** @returns the page as HTML, its figures as a table, and all of it as text */
export function showWorld({
  name,
  rule,
  axes,
  options,
  chance,
  entropyFloor,
  vocabularySize,
  example,
  notes,
}: WorldDescription): MimeBundle {
  const nats = (value: number) => `${Number(value.toPrecision(3))} nats per token`;
  const known = {
    "chance of a blind guess": share(chance),
    "entropy floor of completions": nats(entropyFloor.completion),
    "entropy floor of whole examples": nats(entropyFloor.example),
    vocabulary: `${vocabularySize} words`,
    ...Object.fromEntries(
      Object.entries(options)
        .filter(([, value]) => typeof value !== "object" || Array.isArray(value))
        .map(([option, value]) => [option, Array.isArray(value) ? value.join("-") : String(value)]),
    ),
  };
  const table = tableBundle(
    rowsTable(
      [
        ...Object.entries(known).map(([what, value]) => ({ what, value })),
        ...Object.entries(axes).map(([axis, meaning]) => ({ what: `shift ${axis}`, value: meaning })),
      ],
      { typed: false },
    ),
  );
  const head = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const page = html`${STYLE}
    <div class="bl-world">
      <b>${head}.</b> ${rule}
      <pre>${example.prompt} <b>${example.completion}</b></pre>
    </div>`;
  const list = html`<div class="bl-world">
    <ul>
      ${notes.map((note) => html`<li>${note}</li>`)}
    </ul>
  </div>`;
  return {
    "text/html": `${page.toString()}${String(table["text/html"])}${list.toString()}`,
    "text/plain": [
      `${head}. ${rule}`,
      `${example.prompt} ${example.completion}`,
      String(table["text/plain"]),
      ...notes,
    ].join("\n\n"),
  };
}
