// A file schedules.json against our learning-rate multipliers: from the end of the warm-up on, since transformers' own warm-up starts at 0 and
// ours does not (train/schedule.ts); a table that was made with our warm-up is compared from its first step.
import { readFileSync } from "node:fs";
import { multiplierAt } from "../../lib/train/schedule.ts";
import type { Schedule, ScheduleKind } from "../../lib/train/schedule.ts";
import { Comparison } from "./comparison.ts";

interface Table {
  readonly params: {
    readonly warmup: number;
    readonly total?: number;
    readonly cycles?: number;
    readonly min_lr_rate?: number;
    readonly min_lr_ratio?: number;
    readonly stable?: number;
    readonly decay?: number;
    readonly decay_type?: NonNullable<Schedule["decayShape"]>;
    readonly warmup_formula?: string;
  };
  readonly multiplier_by_step: readonly number[];
}

/** Ours by their names; schedules that we do not have (restarts, inverse square root, polynomial) are named in the table's row. */
function scheduleOf(name: string, { params, multiplier_by_step: steps }: Table): Schedule | undefined {
  const kind = (["constant", "linear", "cosine", "wsd"] as const).find((known): known is ScheduleKind =>
    new RegExp(`^${known}(?!_with_hard)`, "u").test(name),
  );
  if (!kind || ![0.5, undefined].includes(params.cycles)) return undefined;
  const { warmup, total = steps.length - 1, stable = 0, decay = 0, decay_type: decayShape = "linear" } = params;
  const minimum = params.min_lr_rate ?? params.min_lr_ratio ?? 0;
  return kind === "wsd"
    ? { kind, steps: warmup + stable + decay, warmup, minimum, decay, decayShape }
    : { kind, steps: total, warmup, minimum };
}

/** Within 1e-7. */
export function compareSchedules(file: string): Comparison {
  const { tables } = JSON.parse(readFileSync(file, "utf8")) as { tables: Readonly<Record<string, Table>> };
  const unknown = Object.entries(tables).flatMap(([name, table]) => (scheduleOf(name, table) ? [] : [name]));
  const comparison = new Comparison(
    `learning-rate schedules${unknown.length > 0 ? ` (not ours: ${unknown.join(", ")})` : ""}`,
  );
  for (const [name, table] of Object.entries(tables)) {
    const schedule = scheduleOf(name, table);
    if (!schedule) continue;
    const first = table.params.warmup_formula === undefined ? schedule.warmup : 0;
    for (let step = first; step <= schedule.steps; step++)
      comparison.number(
        multiplierAt(schedule, step),
        table.multiplier_by_step[step] as number,
        { absolute: 1e-7 },
        `${name}, step ${step}`,
      );
  }
  return comparison;
}
