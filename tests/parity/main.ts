// `npm run parity -- DIR…`: checks fixture folders of the documented format (models, losses, evaluation, tokenizers, verifier) and prints a table
// of the largest deviations. A folder is known by the files in it; the folders inside it are looked through too. Exit status 1 beyond a tolerance,
// where something cannot be compared, and where a folder has no fixture; 2 where none is named. Tensor work runs on every engine that this machine has, or on the one named by --engine.
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { rowsTable, tableBundle } from "../../lib/core/table.ts";
import { useEngine } from "../../lib/tensor/backend.ts";
import type { EngineName } from "../../lib/tensor/backend.ts";
import { engines } from "../lib/engines.ts";
import type { Comparison } from "./comparison.ts";
import { compareEvaluation, EVALUATION_FILES } from "./evaluation.ts";
import { compareLosses } from "./losses/all.ts";
import { compareVerifier } from "./math.ts";
import { compareModel } from "./models.ts";
import { comparePacking } from "./packing.ts";
import { compareSampling } from "./sampling.ts";
import { compareSchedules } from "./schedules.ts";
import { compareChat, compareEncodings } from "./tokenizer.ts";

/** A file that a folder is known by, and what is done then. */
interface Kind {
  readonly file: RegExp;
  /** Whether it computes on tensors, and so is repeated on every engine. */
  readonly tensors: boolean;
  compare(folder: string, file: string): Comparison[] | Promise<Comparison[]>;
}

const KINDS: readonly Kind[] = [
  { file: /^parity\.json$/u, tensors: true, compare: compareModel },
  {
    file: /^sampling_filters\.json$/u,
    tensors: true,
    compare: async (folder, file) => [await compareSampling(join(folder, file))],
  },
  { file: /^schedules\.json$/u, tensors: false, compare: (folder, file) => [compareSchedules(join(folder, file))] },
  { file: /^packing.*\.json$/u, tensors: true, compare: (folder, file) => comparePacking(join(folder, file)) },
  { file: /^losses.*\.json$/u, tensors: true, compare: (folder, file) => compareLosses(join(folder, file)) },
  {
    file: new RegExp(
      `^(${Object.keys(EVALUATION_FILES)
        .map((name) => RegExp.escape(name))
        .join("|")})$`,
      "u",
    ),
    tensors: false,
    compare: (folder, file) => [compareEvaluation(folder, file)],
  },
  {
    file: /^encode_decode\.json$/u,
    tensors: false,
    compare: compareEncodings,
  },
  { file: /^chat\.json$/u, tensors: false, compare: compareChat },
  { file: /^verifier_cases\.json$/u, tensors: false, compare: compareVerifier },
];

/** Of a folder's files, as a shell lists them, some are no fixtures. */
const isFile = (path: string) => existsSync(path) && statSync(path).isFile();

interface Found {
  readonly folder: string;
  readonly file: string;
  readonly kind: Kind;
}

/** @param path a folder, or a file: one that is no fixture is passed over */
function find(path: string): Found[] {
  if (!existsSync(path)) return [];
  if (statSync(path).isDirectory())
    return readdirSync(path)
      .toSorted()
      .flatMap((name) => find(join(path, name)));
  const file = basename(path);
  const kind = KINDS.find((one) => one.file.test(file));
  return kind ? [{ folder: dirname(path), file, kind }] : [];
}

const { values, positionals } = parseArgs({ options: { engine: { type: "string" } }, allowPositionals: true });
const chosen = values.engine === undefined ? engines : [values.engine as EngineName];
if (positionals.length === 0) {
  console.error("usage: npm run parity -- [--engine NAME] DIR…");
  process.exit(2);
}

const rows: Record<string, string | number>[] = [];
let failures = 0;

/** What went wrong stands in the table, and the rest is compared all the same. */
async function attempt(row: Record<string, string>, work: () => Comparison[] | Promise<Comparison[]>): Promise<void> {
  try {
    for (const { what, compared, deviation, share, holds, at } of await work()) {
      if (!holds) failures += 1;
      if (!holds) process.stderr.write(`${what} FAILS at ${at}\n`);
      rows.push({
        ...row,
        check: what,
        compared,
        "largest deviation": deviation === 0 ? "0" : deviation.toExponential(1),
        "of tolerance": Number.isFinite(share) ? `${Math.ceil(share * 100)} %` : "beyond",
        verdict: holds ? "holds" : `FAILS at ${at}`,
      });
    }
  } catch (error) {
    failures += 1;
    rows.push({
      ...row,
      check: "",
      compared: 0,
      "largest deviation": "",
      "of tolerance": "",
      verdict: `FAILS: ${said(error)}`,
    });
  }
}

const said = (error: unknown) => String(error).split("\n", 1)[0] as string;

for (const path of positionals) {
  const found = find(path);
  if (found.length === 0 && !isFile(path)) {
    console.error(`${path}: no fixture was found`);
    failures += 1;
  }
  for (const { folder, file, kind } of found) {
    for (const engine of kind.tensors ? chosen : [undefined]) {
      if (engine) await useEngine(engine);
      // Whoever stops it knows how far it came.
      process.stderr.write(`${join(folder, file)}${engine ? ` on ${engine}` : ""} …\n`);
      const fixture = file === "parity.json" ? basename(folder) : join(basename(folder), file);
      await attempt({ fixture, engine: engine ?? "" }, () => kind.compare(folder, file));
    }
  }
}
if (rows.length === 0) {
  console.error("nothing was compared");
  failures += 1;
} else {
  const note = failures === 0 ? "All within tolerance." : `${failures} of ${rows.length} beyond tolerance.`;
  const table = rowsTable(rows, { typed: false, note });
  console.log(tableBundle(table, { maxRows: rows.length, maxColumns: 7 })["text/plain"]);
}
process.exit(failures === 0 ? 0 : 1);
