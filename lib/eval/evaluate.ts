// Models on sets of problems: draw completions, verify them, score the reference completions, keep every outcome.
//
// A sample depends on the seed, the problem and the sample's number: not on the batch, the other sets or the other models. Two models
// draw with the same random numbers, which makes their comparison sharper. (On one engine: engines round differently, and losses differ in
// their seventh digit with the size of the batch.)
// Sets advance side by side in a shuffled order, so an interrupted evaluation has seen a fair sample of each.
import { fault } from "../core/errors.ts";
import { atLeast, checkOptions, listOf, nullable, type Rules, seed, text, whole } from "../core/options.ts";
import { fold, key, permutation } from "../core/rng.ts";
import type { ExampleSet } from "../data/example.ts";
import { verdictOf } from "../data/verdict.ts";
import { generate } from "../model/generate.ts";
import type { Model } from "../model/model.ts";
import { longestReference, promptIds, referenceIds } from "../model/prompt.ts";
import { scoreCompletions } from "../model/score.ts";
import { checkModels, checkSets, EXAMPLES } from "../train/arguments.ts";
import { CONFIDENCE } from "./interval.ts";
import type { EvaluateOptions, EvaluateWatch, ProblemScore, Scores } from "./scores.ts";
import { summarise } from "./summarise.ts";
import { type Answers, answersKey, type Problem, readAnswers, writeAnswers } from "./answers.ts";
import { findLeaks, type LeakReport } from "./leakage.ts";
import { firstTokenSeconds } from "./latency.ts";

interface Job {
  readonly set: string;
  readonly verify: ExampleSet["verify"];
  readonly maxNewTokens: number;
  readonly problems: readonly Problem[];
}

export const EVALUATE_RULES: Rules<EvaluateOptions> = {
  samples: whole(1),
  temperature: atLeast(0),
  passAt: listOf(whole(1)),
  majAt: listOf(whole(1), 0),
  seed,
  maxNewTokens: whole(1),
  confidence: CONFIDENCE,
  rowsAtOnce: whole(1),
  cache: nullable(text),
  trainedOn: listOf(EXAMPLES, 0),
};

function resolve(
  sets: Readonly<Record<string, ExampleSet>>,
  models: readonly Model[],
  options: EvaluateOptions,
): Scores["options"] {
  const samples = options.samples ?? 1;
  const temperature = options.temperature ?? (samples === 1 ? 0 : 1);
  if (temperature === 0 && samples > 1)
    throw fault(
      "BAD_TEMPERATURE",
      `${samples} greedy samples of a problem would all be the same.`,
      "use samples: 1 with temperature: 0, or a temperature above 0.",
    );
  const passAt = options.passAt ?? [...new Set([1, samples])];
  const majAt = options.majAt ?? [];
  const tooMany = [...passAt, ...majAt].find((k) => k > samples);
  if (tooMany !== undefined)
    throw fault(
      "TOO_FEW_SAMPLES",
      `k = ${tooMany} cannot be estimated from ${samples} samples.`,
      "raise samples, or leave this k out.",
    );
  const lengthOf = (set: ExampleSet) =>
    Math.max(...models.map(({ tokenizer }) => longestReference(set.examples, tokenizer)));
  const maxNewTokens = Object.fromEntries(
    Object.entries(sets).map(([name, set]) => [name, options.maxNewTokens ?? lengthOf(set)]),
  );
  return {
    samples,
    temperature,
    passAt,
    majAt,
    seed: options.seed ?? 0,
    maxNewTokens,
    confidence: options.confidence ?? 0.95,
    rowsAtOnce: options.rowsAtOnce ?? 256,
    cache: options.cache ?? null,
  };
}

/** Batches of every set, first batches first. */
function makeJobs(sets: Readonly<Record<string, ExampleSet>>, options: Scores["options"]): Job[] {
  const perJob = Math.max(1, Math.floor(options.rowsAtOnce / options.samples));
  const queues = Object.entries(sets).map(([set, { examples, verify }]) => {
    const seen = new Map<string, number>();
    const problems = examples.map((example) => {
      const occurrence = seen.get(example.id) ?? 0;
      seen.set(example.id, occurrence + 1);
      return { example, occurrence };
    });
    const order = permutation(fold(key(options.seed), "order", set), problems.length);
    const shuffled = Array.from(order, (i) => problems[i] as Problem);
    const maxNewTokens = options.maxNewTokens[set] as number;
    return Array.from({ length: Math.ceil(shuffled.length / perJob) }, (_, i) => ({
      set,
      verify,
      maxNewTokens,
      problems: shuffled.slice(i * perJob, (i + 1) * perJob),
    }));
  });
  const rounds = Math.max(0, ...queues.map((q) => q.length));
  return Array.from({ length: rounds }, (_, i) => queues.flatMap((q) => q.slice(i, i + 1))).flat();
}

/** What cannot fit is said before the first token is drawn, not an hour later. */
function checkLengths(models: Readonly<Record<string, Model>>, jobs: readonly Job[]): void {
  for (const [name, model] of Object.entries(models)) {
    for (const { set, problems, maxNewTokens } of jobs) {
      const longest = Math.max(...problems.map((p) => promptIds(p.example, model.tokenizer).length));
      if (longest + maxNewTokens > model.config.maxLength)
        throw fault(
          "TOO_LONG",
          `"${set}" needs ${longest} + ${maxNewTokens} tokens, the model "${name}" takes ${model.config.maxLength}.`,
          "initialise the model with a larger maxLength (world.longest says how large), or lower maxNewTokens.",
        );
    }
  }
}

/** Draws and scores a batch; undefined when interrupted. */
async function answer(
  model: Model,
  { problems, maxNewTokens }: Job,
  options: Scores["options"],
  signal: AbortSignal | undefined,
): Promise<Answers | undefined> {
  const { tokenizer } = model;
  const { samples, temperature } = options;
  const prompts = problems.map((p) => promptIds(p.example, tokenizer));
  const k = fold(key(options.seed), "samples");
  const start = performance.now();
  const drawn = await generate(
    model,
    prompts.flatMap((prompt) => Array.from({ length: samples }, () => prompt)),
    {
      maxNewTokens,
      temperature,
      key: k,
      rowKeys: problems.flatMap((p) =>
        Array.from({ length: samples }, (_, s) => fold(k, p.example.id, p.occurrence, s)),
      ),
      rowsAtOnce: options.rowsAtOnce,
      signal,
    },
  );
  const seconds = (performance.now() - start) / 1000;
  if (signal?.aborted) return undefined;
  const references = problems.map((p) => referenceIds(p.example, tokenizer));
  const logProbs = await scoreCompletions(model, prompts, references);
  const total = (row: Float32Array) => row.reduce((a, b) => a + b, 0);
  const perProblem = <T>(of: (row: number) => T): T[][] =>
    problems.map((_, i) => Array.from({ length: samples }, (__, s) => of(i * samples + s)));
  return {
    texts: perProblem((row) => tokenizer.decode(Array.from(drawn.tokens[row] as Int32Array))),
    finished: perProblem((row) => drawn.finished[row] === true),
    tokens: perProblem((row) => (drawn.tokens[row] as Int32Array).length + (drawn.finished[row] ? 1 : 0)),
    nats: perProblem((row) => -total(drawn.logProbs[row] as Float32Array)),
    referenceNats: logProbs.map((row) => -total(row)),
    seconds,
  };
}

async function runJob(
  name: string,
  model: Model,
  job: Job,
  options: Scores["options"],
  signal: AbortSignal | undefined,
): Promise<ProblemScore[] | undefined> {
  const { tokenizer } = model;
  const { cache } = options;
  const place =
    cache === null ? "" : await answersKey(model, job.problems, { ...options, maxNewTokens: job.maxNewTokens });
  const known = cache === null ? undefined : await readAnswers(cache, place, job.problems.length);
  const answers = known ?? (await answer(model, job, options, signal));
  if (!answers) return undefined;
  if (cache !== null && !known) await writeAnswers(cache, place, answers);
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const allTokens = sum(answers.tokens.map(sum));
  const scored = job.problems.map(async ({ example }, i) => {
    const at = <T>(lists: readonly (readonly T[])[]) => lists[i] as readonly T[];
    const [completions, finished] = [at(answers.texts), at(answers.finished)];
    const generatedTokens = sum(at(answers.tokens));
    return {
      model: name,
      set: job.set,
      id: example.id,
      meta: example.meta,
      completions,
      // Side by side: a sandbox runs several at a time.
      solved: await Promise.all(
        completions.map(
          async (text, s) => finished[s] === true && verdictOf(await job.verify(example, text, signal), example),
        ),
      ),
      confidences: at(answers.nats).map((nats) => Math.exp(-nats)),
      unfinished: finished.filter((ended) => !ended).length,
      generatedTokens,
      promptTokens: promptIds(example, tokenizer).length,
      seconds: allTokens === 0 ? 0 : (answers.seconds * generatedTokens) / allTokens,
      referenceNats: answers.referenceNats[i] as number,
      referenceTokens: referenceIds(example, tokenizer).length,
      referenceBytes: Buffer.byteLength(example.completion),
    };
  });
  return unlessAborted(Promise.all(scored), signal);
}

/** @returns undefined where the signal ended it: what had not begun was left out */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (signal?.aborted) return undefined;
    throw error;
  }
}

/**
 * Accuracy, pass@k, likelihood and cost of every model on every set, with intervals over problems and paired comparisons.
 * A completion that runs into maxNewTokens is wrong: an answer that does not end is no answer.
 * @param models, sets by the names that tables will show
 * @throws TOO_LONG         a prompt with its completion exceeds a model's maxLength
 * @throws TOO_FEW_SAMPLES  a k in passAt or majAt above samples
 * @throws BAD_TEMPERATURE  several greedy samples; EMPTY_DATA a set without examples, or nothing to evaluate
 * @throws NOT_A_VERDICT    a verifier says neither true nor false
 * @throws OPTION_UNKNOWN, OPTION_INVALID, BAD_CONFIDENCE, NOT_A_MODEL, MODEL_DISPOSED, NOT_EXAMPLES
 * @example const scores = await evaluateModels({ blank }, { test: task.test({ n: 64 }) }, { samples: 8, passAt: [1, 8] });
 */
export async function evaluateModels(
  models: Readonly<Record<string, Model>>,
  sets: Readonly<Record<string, ExampleSet>>,
  asked: EvaluateOptions = {},
  watch: EvaluateWatch = {},
): Promise<Scores> {
  const options = checkOptions("evaluate", asked, EVALUATE_RULES);
  checkModels(models);
  checkSets(sets);
  const empty = Object.keys(sets).find((name) => sets[name]?.examples.length === 0);
  if (empty !== undefined || Object.keys(sets).length === 0)
    throw fault(
      "EMPTY_DATA",
      empty === undefined ? "there is no set." : `"${empty}" has no examples.`,
      "give at least one model and one set with examples.",
    );
  const resolved = resolve(sets, Object.values(models), options);
  const jobs = makeJobs(sets, resolved);
  checkLengths(models, jobs);

  const outcomes: ProblemScore[] = [];
  const start = performance.now();
  const steps = jobs.length * Object.keys(models).length;
  let step = 0;
  let tokens = 0;
  let interrupted = false;
  for (const [job, [name, model]] of jobs.flatMap((job) =>
    Object.entries(models).map((entry) => [job, entry] as const),
  )) {
    await new Promise<void>((done) => {
      setImmediate(done);
    });
    const scored = watch.signal?.aborted ? undefined : await runJob(name, model, job, resolved, watch.signal);
    if (!scored) {
      interrupted = true;
      break;
    }
    outcomes.push(...scored);
    step += 1;
    tokens += scored.reduce((total, p) => total + p.generatedTokens, 0);
    const soFar = outcomes.filter((o) => o.model === name && o.set === job.set);
    const accuracy =
      soFar.reduce((total, p) => total + p.solved.filter(Boolean).length / p.solved.length, 0) / soFar.length;
    const first = scored[0] as ProblemScore;
    const sample = {
      prompt: (job.problems[0] as Problem).example.prompt,
      completion: first.completions[0] as string,
      reward: first.solved[0] ? 1 : 0,
    };
    watch.onStep?.({
      model: name,
      set: job.set,
      step,
      steps,
      tokens,
      seconds: (performance.now() - start) / 1000,
      metrics: { accuracy },
      sample,
    });
  }
  const facts: Record<string, { parameters: number; firstTokenSeconds: number | null }> = {};
  const first = Object.values(sets).flatMap(({ examples }) => examples.slice(0, 4));
  for (const [name, model] of Object.entries(models))
    facts[name] = {
      parameters: model.parameterCount,
      firstTokenSeconds: interrupted ? null : await firstTokenSeconds(model, first),
    };
  const leaks: Record<string, LeakReport> = Object.fromEntries(
    options.trainedOn === undefined
      ? []
      : Object.entries(sets).map(([name, set]) => [name, findLeaks(set, options.trainedOn ?? [])]),
  );
  const { rows, comparisons } = summarise(
    { models: Object.keys(models), sets: Object.keys(sets), facts, leaks },
    outcomes,
    resolved,
  );
  return {
    rows,
    comparisons,
    leaks,
    perProblem: outcomes,
    options: resolved,
    stopped: interrupted ? "interrupted" : "finished",
  };
}
