// A folder with verifier_cases.json against our answer verifier: exact labels.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mathEqual, verifyBoxed } from "../../lib/data/math/equal.ts";
import { Comparison } from "./comparison.ts";

interface Case {
  readonly mode: "answer" | "response";
  readonly gold: string;
  readonly candidate: string;
  readonly equal: boolean;
}

/** No unequal pair taken for equal, and at least 97 % agreement in all. */
export function compareVerifier(folder: string): Comparison[] {
  const { cases } = JSON.parse(readFileSync(join(folder, "verifier_cases.json"), "utf8")) as { cases: readonly Case[] };
  const falsePositives = new Comparison("answers wrongly taken as equal");
  const disagreement = new Comparison("answers labelled otherwise (share)");
  let wrong = 0;
  for (const { mode, gold, candidate, equal } of cases) {
    const example = { id: "", prompt: "", completion: gold, meta: {} };
    const ours = mode === "answer" ? mathEqual(gold, candidate) : verifyBoxed(example, candidate);
    if (!equal) falsePositives.same(ours, false, `${gold} | ${candidate}`);
    if (ours !== equal) wrong += 1;
  }
  disagreement.number(wrong / cases.length, 0, { absolute: 0.03 }, `${wrong} of ${cases.length}`);
  return [falsePositives, disagreement];
}
