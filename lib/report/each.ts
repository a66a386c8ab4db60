// each(): the same experiment at many points (seeds, learning rates, budgets) in this process, with one display for all: a bar for them, under
// it the bar and chart of what runs at the moment. One point after the other: they share one engine. (`sweep` runs trials in processes.)
import { randomUUID } from "node:crypto";
import { type Host, host } from "../core/host.ts";
import { html, type Html } from "../core/html.ts";
import { callable, checkOptions, type Rules, text } from "../core/options.ts";
import { oneLine } from "../core/table/layout.ts";
import { volatile } from "../core/volatile.ts";
import { insideGroup } from "./group.ts";
import { drawInterval } from "./live.ts";
import { type Progress, progressHtml, progressLine, timesOf } from "./progress.ts";

export interface EachOptions<T, R> {
  /** Before the bar; default "runs". */
  readonly title?: string;
  /** What a point is called; default its JSON. */
  readonly name?: (point: T) => string;
  /** A number of each result, for the line and its sparkline, e.g. `(score) => score.rows[0].accuracy.value`. */
  readonly metric?: (result: R) => number;
}

const RULES: Rules<EachOptions<never, never>> = { title: text, name: callable, metric: callable };

class EachDisplay {
  readonly #host: Host = host();
  readonly #id = `blankslate-${randomUUID()}`;
  readonly #title: string;
  readonly #steps: number;
  readonly #start = performance.now();
  /** Seconds at which the last point ended: the time left is reckoned from whole points. */
  #ended = 0;
  #done = 0;
  #point = "";
  #inner: { readonly html: Html; readonly line: string } | undefined;
  #drawn = Number.NEGATIVE_INFINITY;
  readonly trace: number[] = [];

  constructor(title: string, steps: number) {
    this.#title = title;
    this.#steps = steps;
  }

  begin(point: string): void {
    this.#point = oneLine(point);
    this.#inner = undefined;
  }

  show(inner: Html, line: string): void {
    this.#inner = { html: inner, line };
    if (performance.now() - this.#drawn >= drawInterval(this.#host)) this.draw("running");
  }

  end(metric: number | undefined): void {
    this.#done++;
    this.#ended = (performance.now() - this.#start) / 1000;
    if (metric !== undefined) this.trace.push(metric);
    this.draw("running");
  }

  draw(state: Progress["state"]): void {
    const last = this.trace.at(-1);
    const progress: Progress = {
      title: this.#title,
      unit: "run",
      state,
      step: this.#done,
      steps: this.#steps,
      seconds: state === "running" ? this.#ended : (performance.now() - this.#start) / 1000,
      firstSeconds: 0,
      tokens: 0,
      metrics: last === undefined ? {} : { last },
      trace: this.trace,
    };
    const isRunning = state === "running" && this.#done < this.#steps;
    const words = [
      progressLine(progress),
      ...(isRunning ? [this.#point] : []),
      ...(isRunning && this.#inner ? [this.#inner.line] : []),
    ];
    const inner = isRunning
      ? html`<div style="margin-left:1.2em">
          <div class="bl-progress"><span>${this.#point}</span></div>
          ${this.#inner?.html ?? ""}
        </div>`
      : "";
    const bundle = {
      "text/html": html`${progressHtml(progress)}${inner}`.toString(),
      "text/plain": words.join(" ▸ "),
      ...volatile(state === "running" ? [] : timesOf(progress)),
    };
    const isFinal = state !== "running" && this.#host.kind === "terminal";
    this.#host.display(bundle, isFinal ? {} : { displayId: this.#id });
    this.#drawn = performance.now();
  }
}

/**
 * Runs an experiment at every point, one after the other, under one display. The long calls inside (sft, rl, evaluate, …) draw their bars
 * and charts into it. An interrupt ends it after the point that it stopped, whose own result is kept.
 * @returns the results in the order of the points; fewer than points after an interrupt
 * @throws what a point throws
 * @example await each([0, 1, 2, 3], async (seed) => (await sft(await fresh(seed), data, fit)).tokens, { title: "seeds", name: (seed) => `seed ${seed}` })
 */
export async function each<T, R>(
  points: readonly T[],
  run: (point: T, index: number) => Promise<R>,
  options: EachOptions<T, R> = {},
): Promise<R[]> {
  const given = checkOptions("each", options, RULES);
  const { title = "runs", name = (point: T) => JSON.stringify(point) ?? String(point), metric } = given;
  const display = new EachDisplay(title, points.length);
  const results: R[] = [];
  return host().cooperate(async (signal) => {
    try {
      for (const [index, point] of points.entries()) {
        if (signal.aborted) break;
        display.begin(name(point));
        const result = await insideGroup(display, () => run(point, index));
        results.push(result);
        display.end(metric?.(result));
      }
      display.draw(results.length < points.length ? "interrupted" : "finished");
      return results;
    } catch (error) {
      display.draw("failed");
      throw error;
    }
  });
}
