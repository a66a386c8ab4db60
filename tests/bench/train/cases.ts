// The training steps and generations that are measured: the same architecture (Qwen2's: RMSNorm, rotary, SwiGLU, biases on q, k and v), vocabulary, batch and optimizer for every engine and for PyTorch.

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
/** Generations before the clock starts, and how long they are measured. */
export const GENERATION_WARMUP = 3;
export const GENERATION_SECONDS = 4;

/** Steps before the clock starts: the first two of a shape are traced, the third compiles. */
export const WARMUP = 5;
/** A case is measured for this long, and for at least MIN_STEPS. */
export const SECONDS = 6;
export const MIN_STEPS = 7;

/** One line of a measurement, whoever makes it. */
export interface Measurement {
  readonly engine: string;
  readonly version: string;
  readonly case: string;
  readonly parameters: number;
  /** A step is one update of the weights, or one token for every row. */
  readonly msPerStep: number;
  readonly tokensPerSecond: number;
  /** Of the first step, in nats: all engines start from the same weights, PyTorch from like ones. */
  readonly firstLoss?: number;
  /** Calls of engine operations in one uncaptured step. */
  readonly callsPerStep?: number;
  /** The same of a step as tfjs alone would make it: its tape, one-hot targets, its Adam, one tensor at a time. */
  readonly composedCalls?: number;
  readonly captured?: string;
  /** Where an uncaptured step's time goes, by kernel, the most first. */
  readonly kernels?: readonly KernelTime[];
}

export interface KernelTime {
  readonly kernel: string;
  readonly calls: number;
  readonly ms: number;
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
