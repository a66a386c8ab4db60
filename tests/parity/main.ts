// `npm run parity -- DIR…`: checks fixture folders of the documented format (models, losses, evaluation, tokenizers, verifier) and prints a table
// of the largest deviations. A folder is known by the files in it; the folders inside it are looked through too. Exit status 1 beyond a tolerance,
// 2 where nothing was found. Tensor work runs on every engine that this machine has, or on the one named by --engine.
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
import { compareChat, compareEncoding, TOKENIZER_CONFIGS } from "./tokenizer.ts";

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
  { file: /^losses_.*\.json$/u, tensors: true, compare: (folder, file) => compareLosses(join(folder, file)) },
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
    compare: (folder) =>
      TOKENIZER_CONFIGS.filter((name) => existsSync(join(folder, name))).flatMap((name) =>
        compareEncoding(folder, name),
      ),
  },
  { file: /^chat\.json$/u, tensors: false, compare: compareChat },
  { file: /^verifier_cases\.json$/u, tensors: false, compare: compareVerifier },
];

interface Found {
  readonly folder: string;
  readonly file: string;
  readonly kind: Kind;
}

/** @param path a folder, or a file: one that is no fixture is passed over */
function find(path: string): Found[] {
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
const found = positionals.flatMap(find);
if (found.length === 0) {
  console.error("usage: npm run parity -- [--engine NAME] DIR…   (no fixture was found)");
  process.exit(2);
}

const rows: Record<string, string | number>[] = [];
let failures = 0;
for (const { folder, file, kind } of found) {
  for (const engine of kind.tensors ? chosen : [undefined]) {
    if (engine) await useEngine(engine);
    // Whoever stops it knows how far it came.
    process.stderr.write(`${join(folder, file)}${engine ? ` on ${engine}` : ""} …\n`);
    for (const comparison of await kind.compare(folder, file)) {
      const { what, compared, deviation, share, holds, at } = comparison;
      if (!holds) failures += 1;
      if (!holds) process.stderr.write(`${what} FAILS at ${at}\n`);
      rows.push({
        fixture: file === "parity.json" ? basename(folder) : file,
        engine: engine ?? "",
        check: what,
        compared,
        "largest deviation": deviation === 0 ? "0" : deviation.toExponential(1),
        "of tolerance": Number.isFinite(share) ? `${Math.ceil(share * 100)} %` : "beyond",
        verdict: holds ? "holds" : `FAILS at ${at}`,
      });
    }
  }
}
const note = failures === 0 ? "All within tolerance." : `${failures} of ${rows.length} beyond tolerance.`;
const table = rowsTable(rows, { typed: false, note });
console.log(tableBundle(table, { maxRows: rows.length, maxColumns: 7 })["text/plain"]);
process.exit(failures === 0 ? 0 : 1);
