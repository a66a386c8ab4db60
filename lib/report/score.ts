// An evaluation as the user holds it: rows and comparisons as computed, a frame, a table. Its type knows the names of its models and
// sets, so a misspelt name in a chart or a scorecard is an error in the editor.
import { DISPLAY_SYMBOL, type MimeBundle } from "../core/host.ts";
import { Shown } from "../core/shown.ts";
import { type Interval, rowsTable, tableBundle } from "../core/table.ts";
import type { ProblemScore, ScoreRow, Scores } from "../eval/scores.ts";
import { type DataFrame, type Row, frameOf } from "./frame.ts";

/** Three columns for an interval: the value and its ends; empty where there is none. */
function spread(name: string, interval: Interval | null): Row {
  const { value, low, high } = interval ?? { value: null, low: null, high: null };
  return { [name]: value, [`${name}_low`]: low, [`${name}_high`]: high };
}

/** A wait does not depend on the answer: per right answer it has the accuracy's interval, turned over. */
function waitPerCorrect({ firstTokenSeconds: seconds, accuracy }: ScoreRow): Interval | null {
  if (seconds === null || accuracy.value === 0) return null;
  return { value: seconds / accuracy.value, low: seconds / accuracy.high, high: seconds / accuracy.low };
}

function tidy(row: ScoreRow): Row {
  const atK = (name: string, values: Readonly<Record<number, Interval>>): Row =>
    Object.assign({}, ...Object.entries(values).map(([k, interval]) => spread(`${name}_${k}`, interval))) as Row;
  const { set, model, problems, samples, temperature } = row;
  return {
    set,
    model,
    problems,
    samples,
    temperature,
    ...spread("accuracy", row.accuracy),
    ...atK("pass_at", row.passAt),
    ...atK("maj_at", row.majAt),
    ...(row.clean ? { clean_problems: row.clean.problems } : {}),
    ...(row.clean?.accuracy ? spread("clean_accuracy", row.clean.accuracy) : {}),
    ...spread("nll_per_token", row.nllPerToken),
    perplexity: Math.exp(row.nllPerToken.value),
    ...spread("bits_per_byte", row.bitsPerByte),
    ...spread("ece", row.calibration.ece),
    distinct_share: row.distinctShare,
    unfinished_share: row.unfinishedShare,
    tokens: row.tokens,
    seconds: row.seconds,
    first_token_seconds: row.firstTokenSeconds,
    flops: row.flops,
    ...spread("tokens_per_correct", row.tokensPerCorrect),
    ...spread("flops_per_correct", row.flopsPerCorrect),
    ...spread("seconds_per_correct", row.secondsPerCorrect),
  };
}

/** A finished (or interrupted) evaluation of models on sets. */
export class Score<Model extends string = string, Set extends string = string> extends Shown implements Scores {
  readonly rows: Scores["rows"];
  readonly comparisons: Scores["comparisons"];
  readonly perProblem: readonly ProblemScore[];
  readonly leaks: Scores["leaks"];
  readonly options: Scores["options"];
  readonly stopped: Scores["stopped"];
  readonly models: readonly Model[];
  readonly sets: readonly Set[];

  constructor(scores: Scores, models: readonly Model[], sets: readonly Set[]) {
    super();
    this.rows = scores.rows;
    this.comparisons = scores.comparisons;
    this.perProblem = scores.perProblem;
    this.leaks = scores.leaks;
    this.options = scores.options;
    this.stopped = scores.stopped;
    this.models = models;
    this.sets = sets;
  }

  /** @returns the row of one model on one set; undefined when an interrupt came before its first problem */
  row(model: Model, set: Set): ScoreRow | undefined {
    return this.rows.find((row) => row.model === model && row.set === set);
  }

  /** @returns one row per model and set as a Danfo DataFrame; an interval takes three columns (`x`, `x_low`, `x_high`) */
  frame(): DataFrame {
    return frameOf(this.rows.map(tidy));
  }

  /** @returns what the answers cost: tokens, FLOPs, seconds and the wait for the first token, and each of them per right answer, with its interval over problems (`x`, `x_low`, `x_high`) */
  costs(): DataFrame {
    return frameOf(
      this.rows.map((row) => ({
        set: row.set,
        model: row.model,
        accuracy: row.accuracy.value,
        tokens: row.tokens,
        flops: row.flops,
        seconds: row.seconds,
        first_token_seconds: row.firstTokenSeconds,
        ...spread("tokens_per_correct", row.tokensPerCorrect),
        ...spread("flops_per_correct", row.flopsPerCorrect),
        ...spread("seconds_per_correct", row.secondsPerCorrect),
        ...spread("first_token_seconds_per_correct", waitPerCorrect(row)),
      })),
    );
  }

  /** @returns each two models on the same problems: difference in accuracy (paired bootstrap) and exact p-value (McNemar; sign flips with several samples) */
  differences(): DataFrame {
    return frameOf(
      this.comparisons.map(({ set, a, b, problems, difference, p }) => ({
        set,
        model: b,
        minus: a,
        problems,
        ...spread("difference", difference),
        p,
      })),
    );
  }

  /** @returns accuracy of each model by kind of problem: by depth, and by every meta key that names kinds */
  kinds(): DataFrame {
    return frameOf(
      this.rows.flatMap(({ set, model, byDepth, byCategory }) => [
        ...byDepth.map(({ depth, problems, accuracy }) => ({
          set,
          model,
          key: "depth",
          kind: String(depth),
          problems,
          ...spread("accuracy", accuracy),
        })),
        ...byCategory.map(({ key, category, problems, accuracy }) => ({
          set,
          model,
          key,
          kind: category,
          problems,
          ...spread("accuracy", accuracy),
        })),
      ]),
    );
  }

  [DISPLAY_SYMBOL](): MimeBundle {
    const { samples, temperature, confidence } = this.options;
    const several = this.options.passAt.filter((k) => k > 1);
    const votes = this.options.majAt.filter((k) => k > 1);
    const rows = this.rows.map((row) => ({
      set: row.set,
      model: row.model,
      problems: row.problems,
      accuracy: row.accuracy,
      ...(row.clean
        ? { "leaked problems": row.problems - row.clean.problems, "accuracy, clean": row.clean.accuracy ?? "none left" }
        : {}),
      ...Object.fromEntries(several.map((k) => [`pass@${k}`, row.passAt[k]])),
      ...Object.fromEntries(votes.map((k) => [`maj@${k}`, row.majAt[k]])),
      "nats per token": row.nllPerToken,
      tokens: row.tokens,
    }));
    const drawn = samples === 1 ? "one greedy completion" : `${samples} completions at temperature ${temperature}`;
    const unfinished =
      this.stopped === "finished" ? "" : " Interrupted: only the problems that were finished are counted.";
    const note = `Per problem ${samples === 1 && temperature > 0 ? `one completion at temperature ${temperature}` : drawn}; intervals: ${confidence * 100} % over problems.${unfinished}`;
    return tableBundle(rowsTable(rows, { typed: false, note }), { maxRows: 60, maxColumns: 20 });
  }
}
