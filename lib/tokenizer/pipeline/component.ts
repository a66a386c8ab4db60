// The parts of a tokenizer.json, read by their type. A part, a switch or a value that is not computed here is refused: other ids than the
// tokenizers library's give plausible wrong numbers.
import { fault } from "../../core/errors.ts";
import { isRecord } from "../../core/record.ts";

export type Json = Readonly<Record<string, unknown>>;

export const invalid = (fact: string, cause?: unknown) =>
  fault("TOKENIZER_INVALID", fact, "fetch the file again, or save it anew with the tokenizers library.", cause);

export const unsupported = (fact: string, cause?: unknown) =>
  fault(
    "TOKENIZER_UNSUPPORTED",
    fact,
    "this library would give other ids than the tokenizers library: it refuses.",
    cause,
  );

/** @throws TOKENIZER_UNSUPPORTED  a field of another name that is on */
export function refuseOthers(json: Json, what: string, known: string): void {
  const names = new Set(["type", ...known.split(" ")]);
  for (const [name, value] of Object.entries(json))
    if (!names.has(name) && value !== null && value !== false)
      throw unsupported(`tokenizer.json has a ${what} with ${name} = ${JSON.stringify(value)?.slice(0, 80)}.`);
}

/** @throws TOKENIZER_INVALID  it is no object with a type */
export function partOf(json: unknown, what: string): { readonly type: string; readonly json: Json } {
  if (!isRecord(json) || typeof json["type"] !== "string")
    throw invalid(`tokenizer.json has a ${what} without a type.`);
  return { type: json["type"], json };
}

/** @throws TOKENIZER_INVALID  the field is no list */
export function listOf(json: Json, name: string): readonly unknown[] {
  const list = json[name];
  if (Array.isArray(list)) return list;
  throw invalid(`tokenizer.json has a ${String(json["type"])} whose ${name} is no list.`);
}

/** @throws TOKENIZER_INVALID  the field is no text */
export function textOf(json: Json, name: string, otherwise?: string): string {
  const text = json[name] ?? otherwise;
  if (typeof text === "string") return text;
  throw invalid(`tokenizer.json has a ${String(json["type"])} whose ${name} is no text.`);
}
