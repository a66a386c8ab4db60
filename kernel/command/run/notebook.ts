// Notebook files, nbformat 4: parsed once at the border, written as nbformat writes them (sorted keys, one space, text as lines), so
// that a re-run changes only what changed. Inside, a text is one string. Older majors are refused, not converted.
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import * as z from "zod";
import { fault, hasCode } from "../../../lib/core/errors.ts";
import type { MimeBundle } from "../../../lib/core/host.ts";

/** Largest file read; the largest real one seen is 60 MiB of figures. */
const MAX_NOTEBOOK_BYTES = 256 * 2 ** 20;

type Json = Record<string, unknown>;
interface StreamOutput {
  output_type: "stream";
  name: "stdout" | "stderr";
  text: string;
}
export interface DisplayOutput {
  output_type: "display_data";
  data: MimeBundle;
  metadata: MimeBundle;
}
export interface ResultOutput {
  output_type: "execute_result";
  execution_count: number | null;
  data: MimeBundle;
  metadata: MimeBundle;
}
export interface ErrorOutput {
  output_type: "error";
  ename: string;
  evalue: string;
  traceback: string[];
}
export type Output = StreamOutput | DisplayOutput | ResultOutput | ErrorOutput;

export interface CodeCell {
  cell_type: "code";
  id: string;
  metadata: Json;
  source: string;
  outputs: Output[];
  execution_count: number | null;
}
interface TextCell {
  cell_type: "markdown" | "raw";
  id: string;
  metadata: Json;
  source: string;
  attachments?: Record<string, MimeBundle>;
}
export type Cell = CodeCell | TextCell;
export interface Notebook {
  nbformat: 4;
  nbformat_minor: number;
  metadata: Json;
  cells: Cell[];
}

export const codeCells = (notebook: Notebook): CodeCell[] =>
  notebook.cells.filter((cell): cell is CodeCell => cell.cell_type === "code");

const text = z.union([z.string(), z.array(z.string()).transform((lines) => lines.join(""))]);
const json = z.record(z.string(), z.unknown());
const isJsonMime = (mime: string) => mime === "application/json" || mime.endsWith("+json");
const isLines = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((line) => typeof line === "string");
const bundle = json.transform((data) => {
  const joined = Object.entries(data).map(([mime, value]) => [
    mime,
    !isJsonMime(mime) && isLines(value) ? value.join("") : value,
  ]);
  return Object.fromEntries(joined) as MimeBundle;
});
const outputSchema = z.discriminatedUnion("output_type", [
  z.object({ output_type: z.literal("stream"), name: z.enum(["stdout", "stderr"]), text }),
  z.object({ output_type: z.literal("display_data"), data: bundle, metadata: json.default({}) }),
  z.object({
    output_type: z.literal("execute_result"),
    execution_count: z.int().nullable().default(null),
    data: bundle,
    metadata: json.default({}),
  }),
  z.object({ output_type: z.literal("error"), ename: z.string(), evalue: z.string(), traceback: z.array(z.string()) }),
]);
const common = { id: z.string().optional(), metadata: json.default({}), source: text };
const cellSchema = z.discriminatedUnion("cell_type", [
  z.object({
    ...common,
    cell_type: z.literal("code"),
    outputs: z.array(outputSchema).default([]),
    execution_count: z.int().nullable().default(null),
  }),
  z.object({ ...common, cell_type: z.literal("markdown"), attachments: z.record(z.string(), bundle).optional() }),
  z.object({ ...common, cell_type: z.literal("raw"), attachments: z.record(z.string(), bundle).optional() }),
]);
const notebookSchema = z.object({
  nbformat: z.literal(4),
  nbformat_minor: z.int(),
  metadata: json,
  cells: z.array(cellSchema),
});

/**
 * @returns the notebook with an id on every cell
 * @throws NOTEBOOK_MISSING, NOTEBOOK_TOO_LARGE, NOTEBOOK_INVALID (not JSON, or not nbformat 4)
 */
export async function readNotebook(path: string): Promise<Notebook> {
  const info = await stat(path).catch((error: unknown) => {
    if (!hasCode(error, "ENOENT")) throw error;
    throw fault("NOTEBOOK_MISSING", `there is no file ${path}.`, "name an .ipynb file; `blankslate new` writes one.");
  });
  if (info.size > MAX_NOTEBOOK_BYTES) {
    const fact = `${path} has ${info.size} bytes, the limit is ${MAX_NOTEBOOK_BYTES}.`;
    throw fault("NOTEBOOK_TOO_LARGE", fact, "clear its outputs first.");
  }
  return parseNotebook(await readFile(path, "utf8"), path);
}

/** @throws NOTEBOOK_INVALID */
export function parseNotebook(content: string, name: string): Notebook {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    const fact = `${name} is no JSON: ${(error as Error).message}`;
    throw fault("NOTEBOOK_INVALID", fact, "a notebook is a JSON file that ends in .ipynb.", error);
  }
  const parsed = notebookSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const fact = `${name} is no notebook of format 4: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}.`;
    throw fault("NOTEBOOK_INVALID", fact, "older ones: jupyter nbconvert --to notebook --nbformat 4.", parsed.error);
  }
  const taken = new Set<string>();
  const cells = parsed.data.cells.map(
    (cell, index): Cell => ({ ...cell, id: uniqueId(cell.id, cell.source, index, taken) }) as Cell,
  );
  return { ...parsed.data, cells, nbformat_minor: Math.max(5, parsed.data.nbformat_minor) };
}

/** Ids made here follow from place and text, so that two runs of an old notebook give the same file. */
function uniqueId(given: string | undefined, source: string, index: number, taken: Set<string>): string {
  let id = given !== undefined && /^[\w-]{1,64}$/.test(given) ? given : "";
  for (let salt = 0; id === "" || taken.has(id); salt++) {
    id = createHash("sha256").update(`${index}:${salt}:${source}`).digest("hex").slice(0, 8);
  }
  taken.add(id);
  return id;
}

/** @returns the file's content, as nbformat would write it */
export function encodeNotebook(notebook: Notebook): string {
  return `${JSON.stringify(sorted({ ...notebook, cells: notebook.cells.map(encodeCell) }), null, 1)}\n`;
}

function encodeCell(cell: Cell): Json {
  const source = toLines(cell.source);
  return cell.cell_type === "code" ? { ...cell, source, outputs: cell.outputs.map(encodeOutput) } : { ...cell, source };
}

function encodeOutput(output: Output): Json {
  if (output.output_type === "stream") return { ...output, text: toLines(output.text) };
  if (output.output_type === "error") return { ...output };
  const data = Object.entries(output.data).map(([mime, value]) => [mime, encodeMime(mime, value)]);
  return { ...output, data: Object.fromEntries(data) };
}

/** Text and SVG as lines, so that files differ line by line; base64 stays whole. */
function encodeMime(mime: string, value: unknown): unknown {
  const isText = mime.startsWith("text/") || mime === "application/javascript" || mime === "image/svg+xml";
  return isText && typeof value === "string" ? toLines(value) : value;
}

function toLines(value: string): string[] {
  return value.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, held]) => held !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, held]) => [key, sorted(held)]));
}
