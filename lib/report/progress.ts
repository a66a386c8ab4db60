// How far a long call is: one line of text and the same as HTML. Pure; live.ts decides when it is drawn.
import { html, type Html } from "../core/html.ts";
import { oneLine } from "../core/table/layout.ts";
import { sparkline } from "../core/table/spark.ts";
import { shortCount } from "./chart/scale.ts";

export interface Progress {
  readonly title: string;
  readonly step: number;
  readonly steps: number;
  /** What a step is called: "step", "problem". */
  readonly unit: string;
  readonly seconds: number;
  readonly tokens: number;
  /** Steps that an earlier call has done, with whose checkpoint this one goes on; seconds and tokens are this one's. Default 0. */
  readonly before?: number;
  /** When the first step ended: it compiles and captures, so the time left is reckoned from the later ones; 0 when the first is as the others. */
  readonly firstSeconds: number;
  readonly state: "running" | "finished" | "interrupted" | "failed";
  /** Shown in this order, e.g. { loss: 0.43, memory: "12 MB" }. */
  readonly metrics: Readonly<Record<string, number | string>>;
  /** The main metric so far, for a sparkline. */
  readonly trace: readonly number[];
}

/** @example durationText(75.4) // "1 min 15 s" */
export function durationText(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  return s < 3600
    ? `${Math.floor(s / 60)} min ${s % 60} s`
    : `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

/** @returns seconds until the last step, NaN while nothing is measured */
function secondsLeft(p: Progress): number {
  const measured = p.step - (p.before ?? 0) - (p.firstSeconds > 0 ? 1 : 0);
  return measured < 1 ? Number.NaN : ((p.seconds - p.firstSeconds) / measured) * (p.steps - p.step);
}

/** Below this a metric is rounding: the KL of a step that has not moved yet is 1e-16. */
const NOTHING = 1e-9;
export const shortNumber = (value: number): string =>
  Math.abs(value) >= 10_000 ? shortCount(value) : String(Math.abs(value) < NOTHING ? 0 : Number(value.toPrecision(3)));

const rateText = (p: Progress): string =>
  p.seconds > 0 && p.tokens > 0 ? `${shortNumber(Math.round(p.tokens / p.seconds))} tokens/s` : "";

/** @returns what of an ended call's line another run would say differently */
export const timesOf = (p: Progress): string[] => [durationText(p.seconds), rateText(p)];

/** The facts after the bar, most wanted first. */
function facts(p: Progress): string[] {
  const left = secondsLeft(p);
  const done =
    p.state === "running"
      ? Number.isFinite(left)
        ? `${durationText(left)} left`
        : "starting"
      : durationText(p.seconds);
  const said =
    p.state === "interrupted" ? ["interrupted, results so far are kept"] : p.state === "failed" ? ["failed"] : [];
  const rate = rateText(p);
  return [
    `${p.unit} ${p.step}/${p.steps}`,
    ...said,
    done,
    ...(rate === "" ? [] : [rate]),
    ...Object.entries(p.metrics).map(
      ([name, value]) => `${oneLine(name)} ${typeof value === "string" ? value : shortNumber(value)}`,
    ),
  ];
}

const BAR = 20;

/** @returns one line, at most about 120 characters, that a terminal can redraw */
export function progressLine(p: Progress): string {
  const full = p.steps > 0 ? Math.round((p.step / p.steps) * BAR) : 0;
  const spark = p.trace.length > 1 ? ` ${sparkline(p.trace)}` : "";
  return `${oneLine(p.title)} ${"━".repeat(full)}${"┈".repeat(BAR - full)} ${facts(p).join(" · ")}${spark}`;
}

const STYLE = html`<style>
  .bl-progress {
    font: 13px/1.5 var(--jp-ui-font-family, system-ui, sans-serif);
    font-variant-numeric: tabular-nums lining-nums;
    color: var(--jp-content-font-color1, inherit);
    max-width: 800px;
    margin: 0.3em 0;
  }
  .bl-progress b {
    font-weight: 600;
  }
  .bl-progress .bl-track {
    height: 4px;
    border-radius: 2px;
    background: color-mix(in srgb, currentColor 14%, transparent);
    margin: 0.3em 0;
    overflow: hidden;
  }
  .bl-progress .bl-done {
    height: 100%;
    border-radius: 2px;
  }
  .bl-progress span {
    color: color-mix(in srgb, currentColor 65%, transparent);
  }
</style>`;
const COLOURS = { running: "#2f7fd1", finished: "#17967a", interrupted: "#d9661f", failed: "#c0392b" } as const;

/** @returns title, facts and a bar whose colour says the state */
export function progressHtml(p: Progress): Html {
  const share = p.steps > 0 ? (100 * p.step) / p.steps : 0;
  const bar = html`<div
    class="bl-track"
    role="progressbar"
    aria-valuemin="0"
    aria-valuemax="${p.steps}"
    aria-valuenow="${p.step}"
  >
    <div class="bl-done" style="width:${share.toFixed(1)}%;background:${COLOURS[p.state]}"></div>
  </div>`;
  return html`${STYLE}
    <div class="bl-progress"><b>${p.title}</b> <span>${facts(p).join(" · ")}</span>${bar}</div>`;
}
