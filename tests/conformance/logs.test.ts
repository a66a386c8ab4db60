// The log of a run, read by the programs that people read logs with.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPrivateTemporaryDirectory, removePath } from "../../lib/core/files.ts";
import { sft } from "../../lib/report/lab.ts";
import { crc32c } from "../../lib/report/log/tensorboard.ts";
import { reversals, tinyModel } from "../lib/train/task.ts";
import { findPython } from "./python.ts";

const python = await findPython(["tensorboard==2.21.0", "setuptools<81"]);
const data = reversals(32, 1);
const options = { steps: 6, batch: 4, learningRate: 1e-3 };

let folder: string;
beforeAll(async () => {
  folder = await createPrivateTemporaryDirectory("blankslate-log");
});
afterAll(() => removePath(folder));

const linesOf = (log: string) =>
  readFileSync(join(log, "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, number>);

test("the checksum is CRC-32C: its published check value", () => {
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
});

describe.skipIf(!python)("a run of 6 steps", () => {
  test("real TensorBoard reads every scalar of every step, and metrics.jsonl has the same", async () => {
    const log = join(folder, "whole");
    const run = await sft(await tinyModel(0), data, { ...options, log: { folder: log } });
    const read = JSON.parse(
      execFileSync(python as string, [join(import.meta.dirname, "logs.py"), log], { encoding: "utf8" }),
    ) as { scalars: Record<string, [number, number][]> };
    const lines = linesOf(log);
    expect(lines.map((line) => line["step"])).toEqual([1, 2, 3, 4, 5, 6]);
    for (const name of ["loss", "learningRate", "gradientNorm", "tokensPerSecond"]) {
      const expected = run.history.map(({ step, metrics }) => [step, Math.fround(metrics[name] as number)]);
      expect(read.scalars[`sft/${name}`], name).toEqual(expected);
      expect(lines.map((line) => line[name])).toEqual(run.history.map(({ metrics }) => metrics[name]));
    }
  });

  test("a resumed run goes on in the same files, without the steps that it does again", async () => {
    const log = { folder: join(folder, "resumed") };
    const checkpoint = { folder: join(folder, "checkpoints"), every: 2 };
    const model = await tinyModel(0);
    const whole = await sft(model, data, { ...options, checkpoint, log });
    const resumed = await sft(model, data, { ...options, log, resumeFrom: join(checkpoint.folder, "step-000004") });
    expect(linesOf(log.folder).map((line) => line["step"])).toEqual([1, 2, 3, 4, 5, 6]);
    expect(linesOf(log.folder).map((line) => line["loss"])).toEqual(
      whole.history.map(({ metrics }) => metrics["loss"]),
    );
    expect(resumed.history).toHaveLength(2);
    expect(readdirSync(log.folder).filter((name) => name.startsWith("events.out.tfevents."))).toHaveLength(2);
    const read = JSON.parse(
      execFileSync(python as string, [join(import.meta.dirname, "logs.py"), log.folder], { encoding: "utf8" }),
    ) as { scalars: Record<string, [number, number][]> };
    expect(read.scalars["sft/loss"]?.map(([step]) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("a sample stands in its step's line; a run that is refused leaves no file", async () => {
    const log = { folder: join(folder, "sampled") };
    const model = await tinyModel(0);
    const refused = sft(model, data, { ...options, batch: 0, log });
    await expect(refused).rejects.toMatchObject({ code: "OPTION_INVALID" });
    expect(readdirSync(log.folder)).toEqual([]);
    const run = await sft(model, data, { ...options, log, samples: { set: data, every: 3, maxNewTokens: 4 } });
    expect(linesOf(log.folder).map((line) => line["sample"])).toEqual(run.history.map(({ sample }) => sample));
    expect(run.history.filter(({ sample }) => sample)).toHaveLength(2);
  });
});
