// console.log of what the laboratory gives prints what a cell would show, in a script and inside of other values too.
import { inspect } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { init } from "../../../lib/model/init.ts";
import { chart } from "../../../lib/report/charts.ts";
import { evaluate, sft } from "../../../lib/report/lab.ts";
import { summarize } from "../../../lib/report/summarize.ts";
import { table } from "../../../lib/report/table.ts";
import { world } from "../../../lib/world/worlds.ts";
import { useEngineNamed } from "../engines.ts";

beforeAll(() => useEngineNamed("wasm"));

test("a run, a score, a model, a world, a table, a figure and a summary print their text, and their name inside of others", async () => {
  const task = world.modular({ seed: 0, modulus: 5 });
  const model = await init({ layers: 1, width: 16, heads: 2, vocab: task.vocab, seed: 0 });
  const run = await sft(model, task.train(20), { steps: 2, batch: 4, learningRate: 1e-3, show: false });
  const score = await evaluate({ model }, { test: task.test({ n: 4 }) });
  expect(inspect(run)).toMatch(/^run +parameters +steps/);
  expect(String(run)).toBe(inspect(run));
  expect(inspect(score)).toMatch(/^set +model +problems/);
  expect(inspect(model)).toMatch(/^qwen2: 1 layer, width 16/);
  expect(inspect(task)).toMatch(/^Modular arithmetic\./);
  expect(inspect(table([{ a: 1 }]))).toMatch(/^ +a\n/);
  expect(inspect(chart.bar(["x"], { a: { y: [1] } }, { title: "Bars" }))).toMatch(/^Bars\n/);
  expect(inspect(summarize([{ a: 1 }, { a: 2 }]))).toMatch(/^column +type/);
  expect(inspect({ run, models: [model], task })).toBe("{ run: [Run], models: [ [Model] ], task: [World] }");
  for (const made of [run.model, model]) made.dispose();
});
