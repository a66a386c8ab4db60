// One updating display per long call: a progress line and a chart that grows. It draws through the host (the kernel or a terminal), at
// most four times a second, always under the same display id, so a notebook keeps one final state and not a thousand. An interrupt
// arrives as the signal; the call returns what it has.
import { randomUUID } from "node:crypto";
import { type Host, type MimeBundle, host } from "../core/host.ts";
import { html, type Html } from "../core/html.ts";
import { volatile } from "../core/volatile.ts";
import { liveableChart, stillChart } from "./chart/page.ts";
import { type ChartSpec, reduceSpec } from "./chart/spec.ts";
import { enclosingGroup } from "./group.ts";
import { type Progress, progressHtml, progressLine, timesOf } from "./progress.ts";

/** What every long call reports after each step: training steps and evaluated problems alike. */
export interface LiveReport {
  readonly step: number;
  readonly steps: number;
  readonly tokens: number;
  readonly seconds: number;
  readonly metrics: Readonly<Record<string, number>>;
}

export interface LiveView<R extends LiveReport> {
  readonly title: string;
  readonly unit: string;
  /** What the line says of the last report, e.g. { loss: 0.43, memory: "12 MB" }. */
  shown(report: R, state: Progress["state"]): Progress["metrics"];
  /** The metric whose course is the line's sparkline; undefined: none. */
  readonly trace?: string;
  /** The chart of what was reported so far; undefined: a line alone. */
  chart?(reports: readonly R[]): ChartSpec;
}

export interface LiveWatch<R> {
  readonly signal: AbortSignal;
  readonly onStep: (report: R) => void;
}

/** Between two drawings. Four a second look alive; the front end spends its time on the user's charts, not on ours. */
const DRAW_MS = 250;
/** In a log that cannot redraw a line. */
const LOG_MS = 15_000;
/** Points of a live chart: 1 px each is enough while it moves. */
const LIVE_POINTS = 400;

function thinned(spec: ChartSpec): ChartSpec {
  const series = spec.series.map((s) => {
    const every = Math.ceil(s.y.length / LIVE_POINTS);
    const keep = <T>(values: readonly T[]): T[] => values.filter((_, i) => i % every === 0 || i === values.length - 1);
    return every <= 1
      ? s
      : {
          ...s,
          x: keep(s.x),
          y: keep(s.y),
          ...(s.low ? { low: keep(s.low) } : {}),
          ...(s.high ? { high: keep(s.high) } : {}),
        };
  });
  return { ...spec, series };
}

/** @returns milliseconds between two drawings */
export const drawInterval = ({ kind }: Host): number =>
  kind === "terminal" && !process.stderr.isTTY ? LOG_MS : DRAW_MS;

/** The life of one display. */
class LiveDisplay<R extends LiveReport> {
  readonly #view: LiveView<R>;
  readonly #host: Host = host();
  readonly #displayId = `blankslate-${randomUUID()}`;
  readonly #every: number;
  readonly #group = enclosingGroup();
  readonly #reports: R[] = [];
  #drawn = Number.NEGATIVE_INFINITY;

  constructor(view: LiveView<R>) {
    this.#view = view;
    this.#every = drawInterval(this.#host);
  }

  add(report: R): void {
    this.#reports.push(report);
    if (performance.now() - this.#drawn >= this.#every) this.draw("running");
  }

  draw(state: Progress["state"]): void {
    const last = this.#reports.at(-1);
    // A call that ended before its first step has nothing to show; its result or error says why.
    if (!last) return;
    const progress = this.#progress(last, state);
    if (this.#group) {
      this.#drawn = performance.now();
      this.#group.show(html`${progressHtml(progress)}${this.#chart(progress)}`, progressLine(progress));
      return;
    }
    // The last line of a terminal is written, not redrawn: what follows starts below it.
    const final = state !== "running" && this.#host.kind === "terminal";
    this.#host.display(this.#bundle(progress), final ? {} : { displayId: this.#displayId });
    this.#drawn = performance.now();
  }

  #progress(last: R, state: Progress["state"]): Progress {
    const { title, unit, trace: metric } = this.#view;
    const trace = metric === undefined ? [] : this.#reports.map((r) => r.metrics[metric] ?? Number.NaN);
    const [first = last] = this.#reports;
    const { step, steps, seconds } = last;
    const before = first.step - 1;
    // What the first step of a run that goes on has read is not told apart from what was read before it.
    const tokens = before > 0 ? last.tokens - first.tokens : last.tokens;
    return {
      title,
      unit,
      state,
      firstSeconds: first.seconds,
      before,
      trace,
      metrics: this.#view.shown(last, state),
      step,
      steps,
      seconds,
      tokens,
    };
  }

  /** Still while it moves, and inside each(), where the next run's takes its place. */
  #chart(progress: Progress): Html | "" {
    const spec = this.#reports.length > 1 ? this.#view.chart?.(this.#reports) : undefined;
    if (!spec) return "";
    return progress.state === "running" || this.#group ? stillChart(thinned(spec)) : liveableChart(reduceSpec(spec));
  }

  #bundle(progress: Progress): MimeBundle {
    const words = { "text/plain": progressLine(progress) };
    if (this.#host.kind === "terminal") return words;
    return {
      "text/html": html`${progressHtml(progress)}${this.#chart(progress)}`.toString(),
      ...words,
      ...volatile(progress.state === "running" ? [] : timesOf(progress)),
    };
  }
}

/**
 * Runs long work that reports its steps, and shows them.
 * @param work gets the signal that an interrupt aborts, and where to report
 * @returns what the work returns; what it throws passes through, the display then says "failed"
 */
export async function watchLive<T, R extends LiveReport>(
  view: LiveView<R>,
  work: (watch: LiveWatch<R>) => Promise<T>,
): Promise<T> {
  const display = new LiveDisplay(view);
  let aborted = false;
  try {
    const result = await host().cooperate((signal) => {
      signal.addEventListener("abort", () => (aborted = true), { once: true });
      return work({ signal, onStep: (report) => display.add(report) });
    });
    display.draw(aborted ? "interrupted" : "finished");
    return result;
  } catch (error) {
    display.draw("failed");
    throw error;
  }
}
