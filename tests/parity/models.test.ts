// Fixture folders of models: what may lie in them.
import { readFileSync } from "node:fs";
import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createPrivateTemporaryDirectory } from "../../lib/core/files.ts";
import { encodeSafetensors, parseSafetensors } from "../../lib/data/safetensors.ts";
import { useEngineNamed } from "../lib/engines.ts";
import { assertHolds } from "./comparison.ts";
import { compareLogits, readModelFixture } from "./models.ts";

let folder: string;
beforeEach(async () => {
  await useEngineNamed("wasm");
  folder = await createPrivateTemporaryDirectory("blankslate-test");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("weights in two shards are read as those in one file; one wrong weight is found", async () => {
  await cp(join(import.meta.dirname, "../fixtures/models/qwen3"), folder, { recursive: true });
  const { tensors } = parseSafetensors(readFileSync(join(folder, "model.safetensors")));
  const parts = Object.groupBy(tensors, (_, i) => (i % 2 === 0 ? "a" : "b"));
  const weight_map = Object.fromEntries(
    Object.entries(parts).flatMap(([part, entries]) => entries.map(([name]) => [name, `${part}.safetensors`])),
  );
  const save = async () => {
    for (const [part, entries] of Object.entries(parts))
      await writeFile(join(folder, `${part}.safetensors`), encodeSafetensors(new Map(entries)));
  };
  await save();
  await writeFile(join(folder, "model.safetensors.index.json"), JSON.stringify({ weight_map }));
  await rm(join(folder, "model.safetensors"));
  const fixture = await readModelFixture(folder);
  assertHolds(await compareLogits(fixture, "config.json"));
  const norm = tensors.get("model.norm.weight")!;
  new DataView(norm.data.buffer, norm.data.byteOffset).setFloat32(0, 5, true);
  await save();
  expect((await compareLogits(fixture, "config.json")).holds).toBe(false);
  fixture.model.dispose();
});
