// Models on sets of problems: draw completions, verify them, score the reference completions, keep every outcome.
//
// A sample depends on the seed, the problem and the sample's number: not on the batch, the other sets or the other models. Two models
// draw with the same random numbers, which makes their comparison sharper. (On one engine: engines round differently, and losses differ in
// their seventh digit with the size of the batch.)
// Sets advance side by side in a shuffled order, so an interrupted evaluation has seen a fair sample of each.
import { fault } from "../core/errors.ts";
import { fold, key, permutation } from "../core/rng.ts";
import type { Example, ExampleSet } from "../data/example.ts";
import { generate } from "../model/generate.ts";
import type { Model } from "../model/model.ts";
import { scoreCompletions } from "../model/score.ts";
import { checkConfidence } from "./interval.ts";
import type { EvaluateOptions, EvaluateWatch, ProblemScore, Scores } from "./scores.ts";
import { summarise } from "./summarise.ts";

interface Problem {
  readonly example: Example;
  /** Tells equal examples of one set apart. */
  readonly occurrence: number;
}
interface Job {
  readonly set: string;
  readonly verify: ExampleSet["verify"];
  readonly maxNewTokens: number;
  readonly problems: readonly Problem[];
}

function resolve(
  sets: Readonly<Record<string, ExampleSet>>,
  models: readonly Model[],
  options: EvaluateOptions,
): Scores["options"] {
  const samples = options.samples ?? 1;
  const temperature = options.temperature ?? (samples === 1 ? 0 : 1);
  if (!(Number.isInteger(samples) && samples >= 1))
    throw fault("BAD_COUNT", `samples is ${samples}.`, "draw at least one completion per problem.");
  if (temperature === 0 && samples > 1)
    throw fault(
      "BAD_TEMPERATURE",
      `${samples} greedy samples of a problem would all be the same.`,
      "use samples: 1 with temperature: 0, or a temperature above 0.",
    );
  const passAt = options.passAt ?? [...new Set([1, samples])];
  const majAt = options.majAt ?? [];
  const tooMany = [...passAt, ...majAt].find((k) => !(Number.isInteger(k) && k >= 1 && k <= samples));
  if (tooMany !== undefined)
    throw fault(
      "TOO_FEW_SAMPLES",
      `k = ${tooMany} cannot be estimated from ${samples} samples.`,
      "raise samples, or leave this k out.",
    );
  const lengthOf = (set: ExampleSet) =>
    Math.max(...models.flatMap((m) => set.examples.map((e) => m.tokenizer.encode(e.completion).length + 1)));
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
    confidence: checkConfidence(options.confidence ?? 0.95),
    rowsAtOnce: options.rowsAtOnce ?? 256,
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
      const longest = Math.max(...problems.map((p) => model.tokenizer.encode(p.example.prompt).length));
      if (longest + maxNewTokens > model.config.maxLength)
        throw fault(
          "TOO_LONG",
          `"${set}" needs ${longest} + ${maxNewTokens} tokens, the model "${name}" takes ${model.config.maxLength}.`,
          "initialise the model with a larger maxLength (world.longest says how large), or lower maxNewTokens.",
        );
    }
  }
}

async function runJob(
  name: string,
  model: Model,
  job: Job,
  options: Scores["options"],
  signal: AbortSignal | undefined,
): Promise<ProblemScore[] | undefined> {
  const { tokenizer } = model;
  const { samples, temperature } = options;
  const prompts = job.problems.map((p) => tokenizer.encode(p.example.prompt));
  const k = fold(key(options.seed), "samples");
  const start = performance.now();
  const drawn = await generate(
    model,
    prompts.flatMap((prompt) => Array.from({ length: samples }, () => prompt)),
    {
      maxNewTokens: job.maxNewTokens,
      temperature,
      key: k,
      rowKeys: job.problems.flatMap((p) =>
        Array.from({ length: samples }, (_, s) => fold(k, p.example.id, p.occurrence, s)),
      ),
      rowsAtOnce: options.rowsAtOnce,
      signal,
    },
  );
  const seconds = (performance.now() - start) / 1000;
  if (signal?.aborted) return undefined;
  const references = job.problems.map((p) => [...tokenizer.encode(p.example.completion), tokenizer.eosId]);
  const logProbs = await scoreCompletions(model, prompts, references);
  const lengths = drawn.tokens.map((row, i) => row.length + (drawn.finished[i] ? 1 : 0));
  const allTokens = lengths.reduce((a, b) => a + b, 0);
  const scored = job.problems.map(async ({ example }, i) => {
    const rows = Array.from({ length: samples }, (_, s) => i * samples + s);
    const completions = rows.map((row) => tokenizer.decode(Array.from(drawn.tokens[row] as Int32Array)));
    const generatedTokens = rows.reduce((total, row) => total + (lengths[row] as number), 0);
    return {
      model: name,
      set: job.set,
      id: example.id,
      meta: example.meta,
      completions,
      // Side by side: a sandbox runs several at a time.
      solved: await Promise.all(
        rows.map(
          async (row, s) => drawn.finished[row] === true && job.verify(example, completions[s] as string, signal),
        ),
      ),
      unfinished: rows.filter((row) => !drawn.finished[row]).length,
      generatedTokens,
      promptTokens: (prompts[i] as number[]).length,
      seconds: allTokens === 0 ? 0 : (seconds * generatedTokens) / allTokens,
      referenceNats: -(logProbs[i] as Float32Array).reduce((a, b) => a + b, 0),
      referenceTokens: (references[i] as number[]).length,
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
 * @example const scores = await evaluateModels({ blank }, { test: task.test({ n: 64 }) }, { samples: 8, passAt: [1, 8] });
 */
export async function evaluateModels(
  models: Readonly<Record<string, Model>>,
  sets: Readonly<Record<string, ExampleSet>>,
  options: EvaluateOptions = {},
  watch: EvaluateWatch = {},
): Promise<Scores> {
  const empty = Object.keys(sets).find((name) => sets[name]?.examples.length === 0);
  if (empty !== undefined || Object.keys(sets).length === 0 || Object.keys(models).length === 0)
    throw fault(
      "EMPTY_DATA",
      empty === undefined ? "there is no model or no set." : `"${empty}" has no examples.`,
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
  const parameterCounts = Object.fromEntries(
    Object.entries(models).map(([name, model]) => [name, model.parameterCount]),
  );
  const { rows, comparisons } = summarise(Object.keys(models), Object.keys(sets), outcomes, parameterCounts, resolved);
  return {
    rows,
    comparisons,
    perProblem: outcomes,
    options: resolved,
    stopped: interrupted ? "interrupted" : "finished",
  };
}
