// Patterns of tokenizer.json and the ways to cut a text at their matches. Regular expressions are Oniguruma's; Hugging Face's library for
// JavaScript writes them in JavaScript's.
// Source: tokenizers, tokenizer/pattern.rs and normalizer.rs (SplitDelimiterBehavior).
import * as library from "@huggingface/tokenizers";
import { isRecord } from "../../core/record.ts";
import { unsupported } from "./component.ts";
import type { Range } from "./edits.ts";

/** Their declarations do not say what the module has. */
const { SplitPreTokenizer } = library as unknown as {
  readonly SplitPreTokenizer: new (json: { readonly type: "Split"; readonly pattern: { readonly Regex: string } }) => {
    readonly pattern: RegExp;
  };
};

/** @returns a global expression with the flag u */
export function patternOf(json: unknown): RegExp {
  if (isRecord(json) && typeof json["String"] === "string") return new RegExp(RegExp.escape(json["String"]), "gu");
  const regex = isRecord(json) ? json["Regex"] : undefined;
  if (typeof regex !== "string") throw unsupported(`tokenizer.json has the pattern ${JSON.stringify(json)}.`);
  try {
    return new SplitPreTokenizer({ type: "Split", pattern: { Regex: regex } }).pattern;
  } catch (error) {
    throw unsupported(`tokenizer.json has the regular expression ${regex.slice(0, 80)}.`, error);
  }
}

interface Cut {
  from: number;
  to: number;
  readonly isMatch: boolean;
}

/** Matches and what stands between them, in order. */
function cuts(text: string, pattern: RegExp): Cut[] {
  const out: Cut[] = [];
  let at = 0;
  for (const { index, 0: match } of text.matchAll(pattern)) {
    if (index > at) out.push({ from: at, to: index, isMatch: false });
    out.push({ from: index, to: index + match.length, isMatch: true });
    at = index + match.length;
  }
  if (at < text.length) out.push({ from: at, to: text.length, isMatch: false });
  return out;
}

export type Behavior = "Removed" | "Isolated" | "MergedWithPrevious" | "MergedWithNext" | "Contiguous";

export function behaviorOf(name: unknown): Behavior {
  const found = (["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"] as const).find(
    (one) => one === name,
  );
  if (found) return found;
  throw unsupported(`tokenizer.json cuts texts by the rule ${JSON.stringify(name)}.`);
}

/** @returns the pieces of a text, none of them empty */
export function split(text: string, pattern: RegExp, behavior: Behavior, invert = false): Range[] {
  const all = cuts(text, pattern).map((cut) => (invert ? { ...cut, isMatch: !cut.isMatch } : cut));
  return joined(all, behavior)
    .filter(({ from, to }) => to > from)
    .map(({ from, to }) => [from, to]);
}

function joined(all: readonly Cut[], behavior: Behavior): Cut[] {
  if (behavior === "Isolated") return [...all];
  if (behavior === "Removed") return all.filter((cut) => !cut.isMatch);
  const out: Cut[] = [];
  let wasMatch = false;
  for (const cut of behavior === "MergedWithNext" ? all.toReversed() : all) {
    const last = out.at(-1);
    const joins = behavior === "Contiguous" ? cut.isMatch === wasMatch : cut.isMatch && !wasMatch;
    if (last && joins) {
      last.from = Math.min(last.from, cut.from);
      last.to = Math.max(last.to, cut.to);
    } else out.push({ ...cut });
    wasMatch = cut.isMatch;
  }
  return behavior === "MergedWithNext" ? out.toReversed() : out;
}
