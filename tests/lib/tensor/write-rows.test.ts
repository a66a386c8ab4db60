// Rows written into a table in place, on every engine: against the same thing done with plain arrays, and through a captured step.
import { expect, test } from "vitest";
import { startEngine } from "../../../lib/tensor/backend.ts";
import { capture } from "../../../lib/tensor/capture/capture.ts";
import { writeRows } from "../../../lib/tensor/ops/write-rows.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { allEngines } from "../engines.ts";

test.each(allEngines)(
  "on %s eight writes of 3 rows into a table of 7 give what plain arrays give, captured, in place, no tensor left",
  async (engine) => {
    await startEngine(engine);
    const before = tf.memory().numTensors;
    const plain = Array.from({ length: 7 }, () => [0, 0, 0, 0, 0]);
    const step = capture(({ table, at, rows }) => {
      const written = writeRows(table as tf.Tensor2D, at as tf.Tensor1D, rows as tf.Tensor2D);
      return [tf.sum(written, 1), written];
    });
    const first = tf.zeros<tf.Rank.R2>([7, 5]);
    let table: tf.Tensor = first;
    for (let n = 1; n <= 8; n++) {
      const places = [n % 7, (n + 3) % 7, (n + 5) % 7];
      const values = places.map((place, r) => Array.from({ length: 5 }, (_, c) => Math.sin(place + 10 * r + c + n)));
      places.forEach((place, r) => (plain[place] = values[r] as number[]));
      const feeds = { table, at: tf.tensor1d(places, "int32"), rows: tf.tensor2d(values) };
      const [sums, next] = (await step.run(feeds)) as [tf.Tensor, tf.Tensor];
      const got = Array.from(await next.data());
      plain.flat().forEach((value, i) => expect(got[i]).toBeCloseTo(value, 6));
      const rowSums = Array.from(await sums.data());
      plain.forEach((row, r) =>
        expect(rowSums[r]).toBeCloseTo(
          row.reduce((a, b) => a + b, 0),
          5,
        ),
      );
      tf.dispose([feeds.at, feeds.rows, sums]);
      if (table !== first) table.dispose();
      table = next;
    }
    expect(step.status()[0]).toMatchObject({ state: "captured" });
    // The table it began with is the same memory.
    const again = first.clone();
    expect(Array.from(await again.data())).toEqual(Array.from(await table.data()));
    step.dispose();
    tf.dispose([first, again, table]);
    expect(tf.memory().numTensors).toBe(before);
  },
);
