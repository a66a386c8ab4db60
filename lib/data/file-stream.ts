// Files of any known format as one endless stream of examples.
import { checkOptions } from "../core/options.ts";
import { fold, key, permutation } from "../core/rng.ts";
import { checkColumns, columnNames, nameOf, nothingSeen, toExamples, verifyOf } from "./examples.ts";
import type { ExampleColumns } from "./examples.ts";
import { readRows } from "./rows.ts";
import { SHUFFLE_RULES, shuffled } from "./stream.ts";
import type { ExampleStream, ShuffleOptions } from "./stream.ts";

/**
 * Files too large for memory as one endless stream, shuffled in a buffer: `sft` and `pretrain` take it as they take a set. Examples that
 * come twice are left out; the stream's order follows from its seed, so a resumed run reads on where it was.
 * @param files .jsonl, .csv, .tsv (each also .gz), .parquet or .arrow, with the same columns; read in another order in every pass
 * @throws as the reader of each file, when its turn comes
 * @example const stream = data.stream(["part-0.parquet", "part-1.parquet"], { prompt: "question", completion: "answer" });
 */
export function fileStream(
  files: string | readonly string[],
  asked: ExampleColumns,
  shuffle: ShuffleOptions = {},
): ExampleStream {
  const columns = checkColumns("data.stream", asked);
  const options = checkOptions("data.stream", shuffle, SHUFFLE_RULES);
  const paths = [files].flat();
  const name = columns.name ?? paths.map(nameOf).join(", ");
  const passes = fold(key(options.seed ?? 0), "files");
  return shuffled(
    name,
    verifyOf(columns),
    async function* (pass) {
      const seen = nothingSeen();
      for (const i of permutation(fold(passes, pass), paths.length)) {
        const path = paths[i] as string;
        yield* toExamples(path, readRows(path, columnNames(columns)), columns, seen);
      }
    },
    options,
  );
}
