// What an evaluation returns: one outcome per model, set and problem, and from those alone the rows with intervals.
import type { StepReport } from "../train/run.ts";
import type { ExampleSet } from "../data/example.ts";
import type { Calibration } from "./calibration.ts";
import type { Interval } from "./interval.ts";
import type { LeakReport } from "./leakage.ts";

export interface EvaluateOptions {
  /** Completions drawn per problem; default 1. */
  readonly samples?: number;
  /** 0 is greedy. Default: 0 with one sample, 1 with more. */
  readonly temperature?: number;
  /** Values of k for pass@k; default [1] and the number of samples. */
  readonly passAt?: readonly number[];
  /** Values of k for majority votes; default none. */
  readonly majAt?: readonly number[];
  /** Default 0. */
  readonly seed?: number | string;
  /** Default: the longest reference completion of the set, with its end token. */
  readonly maxNewTokens?: number;
  /** Of all intervals; default 0.95. */
  readonly confidence?: number;
  /** Completions generated at the same time; default 256. Changes memory and speed, not results. */
  readonly rowsAtOnce?: number;
  /**
   * A folder that keeps answers under the hash of weights, problems and policy: an evaluation that was ended goes on there, one that is asked
   * for again is read. Verdicts are made anew. Default null, none.
   */
  readonly cache?: string | null;
  /** Everything the models have read. Problems found in it are leaks: scores are then given for all problems and for the clean ones. */
  readonly trainedOn?: readonly ExampleSet[];
}

/** One model on one problem. */
export interface ProblemScore {
  readonly model: string;
  readonly set: string;
  /** The example's. */
  readonly id: string;
  readonly meta: Readonly<Record<string, number | string>>;
  /** Per sample. */
  readonly completions: readonly string[];
  /** Per sample: verified, and ended by the model itself. */
  readonly solved: readonly boolean[];
  /** Per sample: probability of the completion with its end token under the policy (greedy: under the model). */
  readonly confidences: readonly number[];
  /** Samples that ran into maxNewTokens. */
  readonly unfinished: number;
  /** Tokens generated, end tokens included. */
  readonly generatedTokens: number;
  readonly promptTokens: number;
  /** Share of this problem in its batch's time, by tokens. */
  readonly seconds: number;
  /** -log-probability of the reference completion with its end token, and how many tokens that is. */
  readonly referenceNats: number;
  readonly referenceTokens: number;
  /** Of the reference completion in UTF-8. */
  readonly referenceBytes: number;
}

/** One model on one set. Intervals are over problems (over templates, where examples name one); how often they hold: notebooks/intervals.md. */
export interface ScoreRow {
  readonly model: string;
  readonly set: string;
  readonly problems: number;
  readonly samples: number;
  readonly temperature: number;
  /** Mean over problems of the share of samples that are right. */
  readonly accuracy: Interval;
  /** k -> unbiased pass@k */
  readonly passAt: Readonly<Record<number, Interval>>;
  /** k -> exact expectation of the majority vote; all right answers count as one */
  readonly majAt: Readonly<Record<number, Interval>>;
  /** Of reference completions with their end token, nats. */
  readonly nllPerToken: Interval;
  /** Of reference completions: their nats, the end token's included, in bits per UTF-8 byte of their text. */
  readonly bitsPerByte: Interval;
  readonly calibration: Calibration;
  /** Accuracy on problems that nothing in `trainedOn` holds; where that was given. */
  readonly clean?: { readonly problems: number; readonly accuracy: Interval | null };
  /** Of examples with a depth, ascending. */
  readonly byDepth: readonly { readonly depth: number; readonly problems: number; readonly accuracy: Interval }[];
  /** By each meta key that names kinds of problems, e.g. template or world. */
  readonly byCategory: readonly {
    readonly key: string;
    readonly category: string;
    readonly problems: number;
    readonly accuracy: Interval;
  }[];
  /** Different completions per problem, as a share of samples. */
  readonly distinctShare: number;
  /** Share of samples that ran into maxNewTokens; they count as wrong. */
  readonly unfinishedShare: number;
  /** Generated, end tokens included. */
  readonly tokens: number;
  readonly seconds: number;
  /** 2 x parameters x tokens read and written; each prompt is read once. Attention's own share is left out. */
  readonly flops: number;
  /** From a request of one prompt to its first token, median; null after an interrupt. */
  readonly firstTokenSeconds: number | null;
  /** Of a right answer, what the wrong ones cost included; null when nothing was right. */
  readonly tokensPerCorrect: Interval | null;
  readonly secondsPerCorrect: Interval | null;
  readonly flopsPerCorrect: Interval | null;
}

/** Two models on the same problems of one set. */
export interface Comparison {
  readonly set: string;
  readonly a: string;
  readonly b: string;
  readonly problems: number;
  /** Accuracy of b minus accuracy of a, paired bootstrap. */
  readonly difference: Interval;
  /** Exact McNemar with one sample, sign-flip test with more or by template; not corrected for the number of comparisons. */
  readonly p: number;
}

export interface Scores {
  readonly rows: readonly ScoreRow[];
  readonly comparisons: readonly Comparison[];
  readonly perProblem: readonly ProblemScore[];
  /** By set, where `trainedOn` was given. */
  readonly leaks: Readonly<Record<string, LeakReport>>;
  /** As resolved: every default filled in, JSON. */
  readonly options: Required<Omit<EvaluateOptions, "maxNewTokens" | "trainedOn">> & {
    readonly maxNewTokens: Readonly<Record<string, number>>;
  };
  readonly stopped: "finished" | "interrupted";
}

/** After each batch; step and steps count batches, metrics.accuracy is that model's on that set so far. */
export interface EvaluateReport extends StepReport {
  readonly model: string;
  readonly set: string;
}

export interface EvaluateWatch {
  /** Aborting it ends the evaluation; problems that were finished are returned. */
  readonly signal?: AbortSignal | undefined;
  onStep?(report: EvaluateReport): void;
}
