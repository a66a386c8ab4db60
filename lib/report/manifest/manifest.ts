// manifest(): what a reader needs to make the same numbers again, from what this process did: versions, engine, seeds, models, data
// sets, configurations, metrics with n and interval. What lies outside the process (the notebook's cells, its repository, the files
// written) is added by `blankslate run`, which asks for this at the end.
import { DISPLAY_SYMBOL, host, type MimeBundle } from "../../core/host.ts";
import { Shown } from "../../core/shown.ts";
import { MANIFEST_MIME, MANIFEST_SYMBOL } from "../../core/manifest.ts";
import { GENERATOR, seedsUsed } from "../../core/rng.ts";
import { rowsTable, tableBundle } from "../../core/table.ts";
import { engineStatus, type EngineStatus } from "../../tensor/backend.ts";
import {
  type DatasetRecord,
  type EvaluationRecord,
  evaluations,
  type ModelRecord,
  type TrainingRecord,
  trainings,
} from "./records.ts";
import { type CellRecord, cellRecords, repeatedCells } from "./cells.ts";
import { type Machine, machine, type Versions, versions } from "./versions.ts";

export interface ManifestData {
  readonly schema: 1;
  readonly created: string;
  /** In the order in which they ran in this process, the one that asks included. */
  readonly cells: readonly CellRecord[];
  /** Cells that ran again: what they left may not be what a run from top to bottom leaves. */
  readonly repeated: readonly string[];
  readonly versions: Versions;
  readonly machine: Machine;
  /** null: no tensor was made. */
  readonly engine: EngineStatus | null;
  readonly determinism: string;
  readonly randomness: { readonly generator: string; readonly seeds: readonly (number | string)[] };
  /** Different models by their weights, in order of appearance. */
  readonly models: readonly ModelRecord[];
  readonly tokenizers: readonly string[];
  readonly datasets: readonly DatasetRecord[];
  /** Their models and data by hash. */
  readonly trainings: readonly (Omit<TrainingRecord, "from" | "to" | "data"> &
    Readonly<Record<"from" | "to" | "data", string>>)[];
  readonly evaluations: readonly (Omit<EvaluationRecord, "models" | "sets"> &
    Readonly<Record<"models" | "sets", Readonly<Record<string, string>>>>)[];
}

const DEVICES = {
  cpu: "Sums are split among the threads, so bits are the same only with as many threads on the same kind of processor.",
  cuda: "Some sums on the GPU are made in an order that varies, so last digits can differ between runs.",
  gpu: "Some sums on the GPU are made in an order that varies, so last digits can differ between runs.",
} as const;

function determinism(engine: EngineStatus | null): string {
  const seeds = "Weights, data and samples follow from the seeds alone, on every engine.";
  if (!engine) return seeds;
  const sums =
    engine.name === "wasm" ? "With the same version the same sums are made in the same order." : DEVICES[engine.device];
  return `${seeds} ${sums}`;
}

const engineText = ({ name, version, device, threads }: EngineStatus): string =>
  `${name} ${version}, ${device}, ${threads} ${threads === 1 ? "thread" : "threads"}`;

const byHash = <T>(records: readonly T[], hash: (record: T) => string): T[] => [
  ...new Map(records.map((record) => [hash(record), record])).values(),
];
const mapped = <T, U>(record: Readonly<Record<string, T>>, to: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(value)]));

function collect(): ManifestData {
  const models = byHash(
    [...trainings.flatMap(({ from, to }) => [from, to]), ...evaluations.flatMap((e) => Object.values(e.models))],
    (model) => model.weights,
  );
  const datasets = byHash(
    [...trainings.map(({ data }) => data), ...evaluations.flatMap((e) => Object.values(e.sets))],
    (data) => data.content,
  );
  const engine = engineStatus() ?? null;
  const cells = cellRecords(host().cells?.() ?? []);
  return {
    schema: 1,
    created: new Date().toISOString(),
    cells,
    repeated: repeatedCells(cells),
    versions: versions(),
    machine: machine(),
    engine,
    determinism: determinism(engine),
    randomness: { generator: GENERATOR, seeds: seedsUsed() },
    models,
    tokenizers: [...new Set(models.map((model) => model.tokenizer))],
    datasets,
    trainings: trainings.map((t) => ({ ...t, from: t.from.weights, to: t.to.weights, data: t.data.content })),
    evaluations: evaluations.map((e) => ({
      ...e,
      models: mapped(e.models, (model) => model.weights),
      sets: mapped(e.sets, (set) => set.content),
    })),
  };
}

/** A manifest as a cell holds it; its data are plain JSON. */
export class Manifest extends Shown {
  readonly data: ManifestData;

  constructor(data: ManifestData) {
    super();
    this.data = data;
  }

  toJSON(): ManifestData {
    return this.data;
  }

  [DISPLAY_SYMBOL](): MimeBundle {
    const { versions: v, engine, randomness, models, datasets, trainings: runs, evaluations: scores } = this.data;
    const { cells, repeated } = this.data;
    const row = (what: string, value: string) => ({ what, value });
    const rows = [
      row("Blankslate", `${v.blankslate} on Node ${v.node}, V8 ${v.v8}`),
      row("cells", `${cells.length} ran${repeated.length === 0 ? "" : `; ${repeated.join(", ")}`}`),
      row("engine", engine ? engineText(engine) : "none"),
      row("random numbers", `${randomness.generator}; seeds ${randomness.seeds.join(", ") || "none"}`),
      row("models", models.map((m) => `${m.weights.slice(0, 12)} (${m.parameters} parameters)`).join(", ") || "none"),
      row("data sets", datasets.map((d) => `${d.name} (${d.examples}) ${d.content.slice(0, 12)}`).join(", ") || "none"),
      row("trainings", runs.map((run) => `${run.kind}, ${run.steps} steps`).join("; ") || "none"),
      row("evaluations", scores.map((s) => `${s.rows.length} rows`).join("; ") || "none"),
    ];
    const table = tableBundle(rowsTable(rows, { typed: false, caption: "Manifest", note: this.data.determinism }));
    return { [MANIFEST_MIME]: this.data, ...table };
  }
}

/**
 * What this process did, for an appendix: versions, engine, seeds, hashes of models and data, configurations, metrics.
 * `blankslate run` writes it, with the cells, the repository's state and the files' checksums, into the notebook and beside it.
 * @returns a value that a cell shows as a table; `.data` is JSON
 * @example manifest().data.randomness.generator // "Philox 4x32-10, counter-based"
 */
export function manifest(): Manifest {
  return new Manifest(collect());
}

(globalThis as { [MANIFEST_SYMBOL]?: typeof manifest })[MANIFEST_SYMBOL] = manifest;
