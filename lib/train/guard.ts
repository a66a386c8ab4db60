// Stops a run at the step whose numbers are no numbers, and says which step, which examples and which tensors it was.
import { fault } from "../core/errors.ts";

/**
 * @param step 1-based
 * @param ids  of the examples in the batch
 * @param at   the tensors that hold such numbers; see Trainer.culprits
 * @param hint what to do about it
 * @throws NOT_FINITE  a metric is NaN or infinite; the weights are still those from before this step
 */
export function assertFinite(
  step: number,
  metrics: Readonly<Record<string, number>>,
  ids: readonly string[],
  at: readonly string[] = [],
  hint = "lower the learning rate, lengthen the warm-up, or look at these examples; the step changed no weights.",
): void {
  const bad = Object.entries(metrics).filter(([, value]) => !Number.isFinite(value));
  if (bad.length === 0) return;
  const shown = ids.slice(0, 8).join(", ") + (ids.length > 8 ? `, … (${ids.length})` : "");
  throw fault(
    "NOT_FINITE",
    `step ${step}: ${bad.map(([name, value]) => `${name} is ${value}`).join(", ")}${at.length > 0 ? `; first in ${at.join(", ")}` : ""}; batch: ${shown}.`,
    hint,
  );
}
