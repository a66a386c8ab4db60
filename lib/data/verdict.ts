// What a verifier says, taken for what it says: a grade, a match or a forgotten `return` would count as right or wrong by JavaScript's rules.
import { fault } from "../core/errors.ts";
import { shown } from "../core/options.ts";
import type { Example } from "./example.ts";

/**
 * @param said as a verifier gave it, awaited
 * @throws NOT_A_VERDICT  it is neither true nor false
 */
export function verdictOf(said: unknown, { id }: Example): boolean {
  if (typeof said === "boolean") return said;
  throw fault(
    "NOT_A_VERDICT",
    `verify gave ${shown(said)} for ${id}.`,
    "it says true or false, and returns it; a grade is a reward's to give.",
  );
}
