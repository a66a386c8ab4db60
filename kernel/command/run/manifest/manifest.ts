// The manifest of a run: what the laboratory did (asked of the kernel's process, for this side imports nothing of it), which cells made
// it in which order, where the notebook lies, how long it took. Goes into the notebook's metadata, and with the checksums of all files
// beside it. Says nothing that was not looked up: what is not there is null.
import { createHash } from "node:crypto";
import type { MimeBundle } from "../../../../lib/core/host.ts";
import { MANIFEST_MIME, MANIFEST_SYMBOL } from "../../../../lib/core/manifest.ts";
import type { Examination } from "../../examine.ts";
import type { Resume } from "../keep/record.ts";
import type { RunningKernel } from "../kernel.ts";
import type { CodeCell, Notebook } from "../notebook.ts";
import type { Parameters } from "../parameters.ts";
import { type Artefact, findLockFile, findRepository, type LockFile, type Repository } from "./repository.ts";

const ASK_TIMEOUT_MS = 30_000;

interface CellRecord {
  readonly id: string;
  /** Of its source. */
  readonly sha256: string;
  readonly executionCount: number;
  readonly ended: "ok" | "error";
}

export interface RunManifest {
  readonly schema: 1;
  readonly notebook: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly created: string;
  readonly wallSeconds: number;
  /** How the run ended: "finished", "failed", … */
  readonly end: string;
  /** In the order in which they ran, each once, in one fresh process. What had been stopped and ran again is in `resumes`. */
  readonly cells: readonly CellRecord[];
  /** Where the run had stopped and gone on, in the same process. */
  readonly resumes: readonly Resume[];
  /** What the notebook's counts said before this run: how its stored outputs had been made out of order. */
  readonly orderBefore: readonly string[];
  /** null: it did not start. */
  readonly kernel: { readonly version: unknown; readonly node: string } | null;
  /** As its driver names it; null: the engine did not compute on one. */
  readonly gpu: NonNullable<Examination["gpu"]> | null;
  readonly repository: Repository | null;
  readonly lockFile: LockFile | null;
  /** `manifest()` of the laboratory in the kernel's process; null when the notebook did not import it. */
  readonly laboratory: unknown;
}

/** With what was written; the file beside the notebook. */
export type ManifestFile = RunManifest & { readonly artefacts: readonly Artefact[] };

/** @returns the laboratory's own manifest; null when the notebook has not imported it or the process is gone */
export async function askLaboratory(kernel: RunningKernel): Promise<unknown> {
  const data = await askKernel(kernel, `globalThis[Symbol.for("${MANIFEST_SYMBOL.description}")]?.()`);
  return data?.[MANIFEST_MIME] ?? null;
}

/** @returns what an expression gives in the process of the cells, as a cell would show it; undefined when that is gone, or silent */
export async function askKernel(kernel: RunningKernel, expression: string): Promise<MimeBundle | undefined> {
  const { reply } = kernel.client.request("execute_request", {
    code: "",
    silent: true,
    store_history: false,
    user_expressions: { asked: expression },
    allow_stdin: false,
    stop_on_error: false,
  });
  reply.catch(() => {}); // a kernel that dies now has said so to whoever ran the cells
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), ASK_TIMEOUT_MS).unref());
  const answer = await Promise.race([reply.catch(() => undefined), late]);
  const expressions = answer?.content["user_expressions"] as Record<string, { data?: MimeBundle }> | undefined;
  return expressions?.["asked"]?.data;
}

export async function makeManifest(about: {
  readonly name: string;
  readonly folder: string;
  readonly notebook: Notebook;
  readonly parameters: Parameters;
  readonly orderBefore: readonly string[];
  readonly resumes: readonly Resume[];
  readonly laboratory: unknown;
  readonly kernel: { readonly version: unknown; readonly node: string } | undefined;
  readonly end: string;
  readonly ms: number;
}): Promise<RunManifest> {
  const ran = about.notebook.cells
    .filter((cell): cell is CodeCell => cell.cell_type === "code" && cell.execution_count !== null)
    .sort((a, b) => (a.execution_count ?? 0) - (b.execution_count ?? 0));
  const engine = (about.laboratory as { engine?: { device?: unknown } | null } | null)?.engine;
  const [repository, lockFile, gpu] = await Promise.all([
    findRepository(about.folder),
    findLockFile(about.folder),
    engine?.device === "cuda" ? import("../../examine.ts").then(({ findGpu }) => findGpu()) : undefined,
  ]);
  return {
    schema: 1,
    notebook: about.name,
    parameters: Object.fromEntries(about.parameters),
    created: new Date().toISOString(),
    wallSeconds: Math.round(about.ms) / 1000,
    end: about.end,
    cells: ran.map((cell) => ({
      id: cell.id,
      sha256: createHash("sha256").update(cell.source).digest("hex"),
      executionCount: cell.execution_count ?? 0,
      ended: cell.outputs.some((output) => output.output_type === "error") ? "error" : "ok",
    })),
    resumes: about.resumes,
    orderBefore: about.orderBefore,
    kernel: about.kernel ?? null,
    gpu: gpu ?? null,
    repository: repository ?? null,
    lockFile: lockFile ?? null,
    laboratory: about.laboratory,
  };
}
