// The types of a training run, and the loop that every kind of training shares: step, report, yield, stop when asked to.
import type { Model } from "../model/model.ts";

export interface StepReport {
  /** 1-based. */
  readonly step: number;
  readonly steps: number;
  /** Tokens read so far, padding not counted. */
  readonly tokens: number;
  /** Since the start of the run, or since it went on from a checkpoint. */
  readonly seconds: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly sample?: { readonly prompt: string; readonly completion: string; readonly reward: number };
}

export interface Watch {
  /** Aborting it ends the run after the current step; what is there is returned. */
  readonly signal?: AbortSignal | undefined;
  onStep?(report: StepReport): void;
  /**
   * A checkpoint found no room, and the run waits until there is some or `signal` ends it. Without this nobody would hear of it, and the run ends with DISK_FULL instead.
   * @param text which step, how much it needs, how much is free and where
   */
  onPause?(text: string): void;
}

export interface TrainRun<Options = Readonly<Record<string, unknown>>> {
  readonly kind: "pretrain" | "sft" | "rl";
  /** The trained copy; the caller disposes it. */
  readonly model: Model;
  readonly history: readonly StepReport[];
  /** As resolved: every default filled in, JSON. */
  readonly options: Options;
  /** "early": the held-out loss no longer fell. */
  readonly stopped: "finished" | "interrupted" | "early";
  readonly seconds: number;
  readonly tokens: number;
}

interface StepResult {
  readonly metrics: Readonly<Record<string, number>>;
  readonly tokens: number;
  readonly sample?: NonNullable<StepReport["sample"]>;
}

type LoopResult = Pick<TrainRun, "history" | "stopped" | "seconds" | "tokens">;

export interface Loop {
  readonly steps: number;
  /** How far the run already is, when it goes on from a checkpoint. */
  readonly done: { readonly step: number; readonly tokens: number };
  /** Does optimizer step n; undefined when it was interrupted before it had changed anything. */
  step(n: number): Promise<StepResult | undefined>;
  /** Whether the run is to end before its last step. */
  isOver?(): boolean;
  /**
   * After each step, e.g. to write a checkpoint.
   * @returns whether it was done; otherwise the run was interrupted meanwhile
   */
  after(n: number, tokens: number): Promise<boolean>;
  /** After it was interrupted between two steps. */
  interrupted?(): Promise<void>;
}

/** Runs the steps that are left. */
export async function runSteps(loop: Loop, watch: Watch): Promise<LoopResult> {
  const { steps, done } = loop;
  const history: StepReport[] = [];
  const start = performance.now();
  let { tokens } = done;
  const seconds = () => (performance.now() - start) / 1000;
  for (let n = done.step + 1; n <= steps && !loop.isOver?.(); n++) {
    // Between steps the event loop turns, so that interrupts come in and output goes out.
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    const before = seconds();
    const result = watch.signal?.aborted ? undefined : await loop.step(n);
    if (!result) {
      await loop.interrupted?.();
      return { history, stopped: "interrupted", seconds: seconds(), tokens };
    }
    tokens += result.tokens;
    const tokensPerSecond = result.tokens / (seconds() - before);
    const report: StepReport = {
      step: n,
      steps,
      tokens,
      seconds: seconds(),
      metrics: { ...result.metrics, tokensPerSecond },
      ...(result.sample && { sample: result.sample }),
    };
    history.push(report);
    const saved = await loop.after(n, tokens);
    watch.onStep?.(report);
    if (!saved) return { history, stopped: "interrupted", seconds: seconds(), tokens };
  }
  return { history, stopped: loop.isOver?.() ? "early" : "finished", seconds: seconds(), tokens };
}
