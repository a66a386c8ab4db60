// An entry in a terminal: signature, what it does, its options in columns, its errors, its examples.
import { bold, faint, paint, wrapWords } from "../terminal.ts";
import type { Entry } from "./collect.ts";

const MAX_WIDTH = 96;
const width = (): number => Math.min(process.stdout.columns || 90, MAX_WIDTH);

/** Prose of a doc comment: its lines joined, paragraphs kept. */
const paragraphs = (text: string): string[] =>
  text.split(/\n\s*\n/).map((part) => part.replaceAll(/\s*\n\s*/g, " ").trim());

const wrapped = (text: string, indent: string): string =>
  paragraphs(text)
    .map((part) =>
      wrapWords(part, width() - indent.length)
        .map((line) => indent + line)
        .join("\n"),
    )
    .join("\n\n");

/** A name, and beside it text that hangs. */
function hanging(name: string, text: string, column: number): string {
  const lines = paragraphs(text).flatMap((part) => wrapWords(part, width() - column - 4));
  const [first = "", ...rest] = lines;
  const head = `  ${paint("cyan", name)}${" ".repeat(Math.max(2, column - name.length))}${first}`;
  return [head, ...rest.map((line) => " ".repeat(column + 2) + line)].join("\n");
}

export function entryText(entry: Entry): string {
  const { signatures, text, parameters, returns, throws, options, examples, place } = entry;
  const section = (title: string, body: string): string => `${bold(title)}\n${body}`;
  const optionRow = (option: Entry["options"][number]): string =>
    hanging(
      `${option.name}${option.optional ? "?" : ""}`,
      `${option.type}${option.text === "" ? "" : `: ${option.text}`}`,
      20,
    );
  return [
    signatures.map((one) => paint("bold", one)).join("\n"),
    ...(text === "" ? [] : [wrapped(text, "")]),
    ...(parameters.length > 0
      ? [section("Arguments", parameters.map((one) => hanging(one.name, one.text, 20)).join("\n"))]
      : []),
    ...(options.length > 0 ? [section("Options", options.map(optionRow).join("\n"))] : []),
    ...(returns === "" ? [] : [section("Returns", wrapped(returns, "  "))]),
    ...(throws.length > 0 ? [section("Errors", throws.map((one) => wrapped(one, "  ")).join("\n"))] : []),
    ...(examples.length > 0 ? [section("Example", examples.map((one) => one.replaceAll(/^/gm, "  ")).join("\n"))] : []),
    faint(place),
  ].join("\n\n");
}

/** One line of a list: the name and the first sentence; of what only returns something, that. */
export function entryLine({ name, text, returns }: Entry, column: number): string {
  const whole = paragraphs(text === "" ? returns : text)[0] ?? "";
  const sentence = /^.*?\.(?=\s+[A-Z`“]|$)/.exec(whole)?.[0] ?? whole;
  const room = width() - column - 4;
  const short = sentence.length > room ? `${sentence.slice(0, room - 1)}…` : sentence;
  return `  ${paint("cyan", name.padEnd(column))}  ${short}`;
}
