// A set of examples, as the laboratory's worlds and files give it: a table of prompts, completions and what is known about them.
import type { MimeBundle } from "../../../lib/core/host.ts";
import { tableBundle } from "../../../lib/core/table.ts";

interface SetLike {
  readonly name: string;
  readonly examples: readonly ExampleLike[];
  readonly verify: unknown;
  readonly duplicates?: number;
}

interface ExampleLike {
  readonly prompt: string;
  readonly completion: string;
  readonly meta?: Readonly<Record<string, unknown>>;
}

const SHOWN = 10;
/** Examples asked for what they hold in meta: those of one set hold the same. */
const SAMPLE = 20;

function isSet(value: object): value is SetLike {
  // Before anything is read: any value is asked, and a getter of it may do something.
  if (!("name" in value && "examples" in value && "verify" in value)) return false;
  const { name, examples, verify } = value as Partial<SetLike>;
  if (typeof name !== "string" || typeof verify !== "function" || !Array.isArray(examples)) return false;
  return examples.slice(0, SAMPLE).every(isExample);
}

function isExample(value: unknown): value is ExampleLike {
  const { prompt, completion } = (value ?? {}) as Partial<ExampleLike>;
  return typeof prompt === "string" && typeof completion === "string";
}

export function examplesBundleOf(value: object): MimeBundle | undefined {
  if (!isSet(value)) return undefined;
  const { name, examples, duplicates = 0 } = value;
  const known = [...new Set(examples.slice(0, SAMPLE).flatMap(({ meta }) => Object.keys(meta ?? {})))];
  const columns = ["prompt", "completion", ...known];
  const count = `${examples.length.toLocaleString("en")} example${examples.length === 1 ? "" : "s"}`;
  const rows = `${duplicates.toLocaleString("en")} row${duplicates === 1 ? "" : "s"}`;
  return tableBundle(
    {
      columns: columns.map((column) => ({ name: column, type: "" })),
      rowCount: examples.length,
      cell: (row, column) => {
        const example = examples[row];
        return column === 0
          ? example?.prompt
          : column === 1
            ? example?.completion
            : example?.meta?.[columns[column] ?? ""];
      },
      caption: `${name}, ${count}`,
      ...(duplicates > 0 && { note: `${rows} left out: an equal one came before.` }),
    },
    { maxRows: SHOWN, maxColumns: 20 },
  );
}
