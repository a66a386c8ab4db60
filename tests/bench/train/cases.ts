// What is measured: training steps and generations of the same architecture (Qwen2's: RMSNorm, rotary, SwiGLU, biases on q, k and v), vocabulary, batch and optimizer for every
// engine and for PyTorch. And how: every program does a short round of a case in turn, again and again, so that what disturbs the machine disturbs all alike.

export interface Case {
  readonly name: string;
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  /** Sequences, and tokens in each. */
  readonly batch: number;
  readonly length: number;
}

export const CASES: readonly Case[] = [
  { name: "2 x 32, batch 2 x 16", layers: 2, width: 32, heads: 2, batch: 2, length: 16 },
  { name: "2 x 64, batch 64 x 24 (quickstart)", layers: 2, width: 64, heads: 2, batch: 64, length: 24 },
  { name: "4 x 128, batch 16 x 128", layers: 4, width: 128, heads: 2, batch: 16, length: 128 },
];

/** Text from a cache of keys and values: all rows start from prompts of their own and say as many tokens, sampled at temperature 1. */
export interface GenerationCase {
  readonly name: string;
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly rows: number;
  /** Tokens of each prompt, and tokens that each row says. */
  readonly prompt: number;
  readonly tokens: number;
}

export const GENERATIONS: readonly GenerationCase[] = [
  { name: "generation, 2 x 32, 64 rows", layers: 2, width: 32, heads: 2, rows: 64, prompt: 16, tokens: 64 },
  { name: "generation, 4 x 128, 64 rows", layers: 4, width: 128, heads: 2, rows: 64, prompt: 16, tokens: 64 },
];

/** Runs before the first round: the first two of a shape are traced, the third compiles. */
export const WARMUP = 5;
export const ROUNDS = 7;
/** A round lasts this long, and for one run at least. */
export const ROUND_SECONDS = 0.8;

/** A line to a program that measures; it answers each with a line. */
export interface Command {
  readonly case: string;
  readonly do: "start" | "round" | "end";
}

/** The answer to "round": medians of its runs, per step: one update of the weights, or one token for every row. */
export interface Round {
  readonly ms: number;
  /** Of the process, all its threads together. */
  readonly processorMs: number;
}

/** The answer to "end". */
export interface Description {
  readonly engine: string;
  readonly version: string;
  /** What computes, as its driver calls it, where it is not the processor by itself. */
  readonly device?: string;
  readonly parameters: number;
  /** Tokens in a step. */
  readonly tokens: number;
  /** Of the first step, in nats: all engines start from the same weights, PyTorch from like ones. */
  readonly firstLoss?: number;
  /** Calls of engine operations in one uncaptured step. */
  readonly callsPerStep?: number;
  /** The same of a step as tfjs alone would make it: its tape, one-hot targets, its Adam, one tensor at a time. */
  readonly composedCalls?: number;
  readonly captured?: string;
  /** Of shaders, in a captured step. */
  readonly launches?: number;
  /** Where an uncaptured step's time goes, the most first. */
  readonly parts?: readonly PartTime[];
}

export interface PartTime {
  /** Of the step, and the kernels that it is made of. */
  readonly part: string;
  readonly calls: number;
  readonly ms: number;
}

/** A case under way. */
export interface Running {
  /** One run, of so many steps. */
  readonly run: () => Promise<void>;
  readonly steps: number;
  describe(): Promise<Omit<Description, "engine" | "version" | "device">>;
  dispose(): void;
}

export interface Measurement extends Description {
  readonly case: string;
  /** Medians over the rounds. */
  readonly msPerStep: number;
  readonly processorMsPerStep: number;
  readonly tokensPerSecond: number;
  /** How many times PyTorch's tokens per second: the median of the ratios of rounds done one after the other. */
  readonly ofPytorch?: number;
  /** The same, of PyTorch on CUDA. */
  readonly ofCuda?: number;
  /** How many times those of tfjs's wasm backend as it comes. */
  readonly ofPlainWasm?: number;
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
