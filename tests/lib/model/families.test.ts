// Every family from its configuration to its files: blank twins, folders in several types and shards, what is refused, and the hub.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cp, mkdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createPrivateTemporaryDirectory } from "../../../lib/core/files.ts";
import { fromFloat32, parseSafetensors, toFloat32 } from "../../../lib/data/safetensors.ts";
import { parseConfig, toConfigJson } from "../../../lib/model/config-json.ts";
import { configOf } from "../../../lib/model/config.ts";
import { FAMILIES } from "../../../lib/model/families.ts";
import type { Architecture } from "../../../lib/model/families.ts";
import { initModel } from "../../../lib/model/init.ts";
import { model as models } from "../../../lib/model/models.ts";
import { rotaryFrequencies } from "../../../lib/model/rope.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { trainBpe } from "../../../lib/tokenizer/bpe.ts";
import { useEngineNamed } from "../engines.ts";
import { numberTokenizer } from "../../parity/models.ts";

const vocab = numberTokenizer(32);
const architectures = Object.keys(FAMILIES) as Architecture[];
const sizes = { layers: 2, width: 32, heads: 4, maxLength: 24 };
const fixture = (name: string) => join(import.meta.dirname, "../../fixtures/models", name);
const configJson = (name: string) =>
  JSON.parse(readFileSync(join(fixture(name), "config.json"), "utf8")) as Record<string, unknown>;

let folder: string;
beforeAll(async () => {
  await useEngineNamed("wasm");
});
beforeEach(async () => {
  folder = await createPrivateTemporaryDirectory("blankslate-test");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe.each(architectures)("%s:", (arch) => {
  test("a blank slate, saved and loaded, is equal bit for bit; its blank twin has its configuration and other weights", async () => {
    const one = await models.init({ ...sizes, arch, vocab, seed: 0 });
    await models.save(one, folder);
    const back = await models.load(folder, { vocab });
    expect(back.config).toEqual(one.config);
    expect(await back.hash()).toBe(await one.hash());
    const twin = await models.blank({ like: back, seed: 1 });
    expect(twin.config).toEqual(one.config);
    expect(await twin.hash()).not.toBe(await one.hash());
    const ids = tf.tensor2d([[3, 4, 5, 6, 7]], undefined, "int32");
    const [a, b] = [models.forward(one, ids), models.forward(back, ids)];
    expect(await a.data()).toEqual(await b.data());
    tf.dispose([ids, a, b]);
    for (const made of [one, back, twin]) made.dispose();
  });
});

test.each(["mistral-sliding", "qwen3", "olmo2", "gpt-neox"])(
  "%s: transformers' config.json, written and read again, is the same model",
  (name) => {
    const config = parseConfig(configJson(name));
    expect(parseConfig(toConfigJson(config))).toEqual(config);
  },
);

test.each([
  ["qwen3", { rope_parameters: { rope_type: "longrope", rope_theta: 1e4 } }, "longrope"],
  ["qwen3", { hidden_act: "xielu" }, "hidden_act"],
  ["qwen3", { quantization_config: { bits: 4 } }, "quantization_config"],
  ["qwen3", { rope_parameters: { rope_type: "default", rope_theta: 1e4, wobble: 2 } }, "wobble"],
  ["qwen3", { layer_types: ["sliding_attention", "full_attention"] }, "use_sliding_window"],
  ["olmo2", { sliding_window: 4 }, "sliding window"],
  ["olmo2", { model_type: "gemma" }, "gemma"],
  ["gpt-neox", { unknown_scale: 0.5 }, "unknown_scale"],
] as const)("%s with %o is refused as CONFIG_UNSUPPORTED, and says what it is", (name, change, said) => {
  const parse = () => parseConfig({ ...configJson(name), ...change });
  expect(parse).toThrow(expect.objectContaining({ code: "CONFIG_UNSUPPORTED" }) as Error);
  expect(parse).toThrow(said);
  // A field that is off changes nothing.
  expect(parseConfig({ ...configJson(name), unknown_switch: false, other: null })).toEqual(
    parseConfig(configJson(name)),
  );
});

test("a file with a weight that the configuration has no place for is refused", async () => {
  await cp(fixture("olmo2"), folder, { recursive: true });
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...configJson("olmo2"), num_hidden_layers: 1 }));
  await expect(models.load(folder, { vocab })).rejects.toMatchObject({ code: "WEIGHT_UNKNOWN" });
});

test.each([
  ["F16", 2 ** -11],
  ["BF16", 2 ** -8],
] as const)(
  "saved as %s in shards of 4 kB, every weight comes back within its rounding, and the index names every file",
  async (dtype, relative) => {
    const one = await models.init({ ...sizes, vocab, seed: 0 });
    await models.save(one, folder, { dtype, maxShardBytes: 4096 });
    const shards = readdirSync(folder).filter((name) => name.endsWith(".safetensors"));
    expect(shards.length).toBeGreaterThan(5);
    const index = JSON.parse(readFileSync(join(folder, "model.safetensors.index.json"), "utf8")) as {
      metadata: { total_size: number };
      weight_map: Record<string, string>;
    };
    expect(new Set(Object.values(index.weight_map))).toEqual(new Set(shards));
    expect(index.metadata.total_size).toBe(one.parameterCount * 2);
    const back = await models.load(folder, { vocab });
    for (const [name, weight] of one.parameters) {
      const [saved, loaded] = [await weight.data(), await back.parameters.get(name)!.data()];
      saved.forEach((x, i) =>
        expect(Math.abs(loaded[i]! - x), name).toBeLessThanOrEqual(relative * Math.abs(x) + 1e-7),
      );
    }
    for (const made of [one, back]) made.dispose();
  },
);

test("rounding to bfloat16 is to the nearest, ties to even; infinities and NaN stay what they are", () => {
  const values = Float32Array.of(
    1,
    1 + 2 ** -8,
    1 + 3 * 2 ** -8,
    1 + 2 ** -8 + 2 ** -20,
    -3.2421875 - 2 ** -9,
    Infinity,
    -Infinity,
    NaN,
  );
  const back = toFloat32({ dtype: "BF16", shape: [8], data: fromFloat32(values, "BF16") });
  expect([...back]).toEqual([1, 1, 1 + 2 ** -6, 1 + 2 ** -7, -3.25, Infinity, -Infinity, NaN]);
});

test("llama3 keeps short wavelengths, divides long ones by the factor, and goes smoothly between", () => {
  const ropeScaling = {
    type: "llama3",
    factor: 8,
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalLength: 8192,
  } as const;
  const config = { ropeTheta: 5e5, rotaryWidth: 128, maxLength: 131_072 };
  const plain = rotaryFrequencies({ ...config, ropeScaling: null }, 1);
  const ratios = Array.from(rotaryFrequencies({ ...config, ropeScaling }, 1), (x, i) => plain[i]! / x);
  expect(ratios.slice(0, 29).every((x) => x === 1)).toBe(true);
  expect(ratios.slice(36).every((x) => Math.abs(x - 8) < 1e-5)).toBe(true);
  expect(ratios).toEqual([...ratios].sort((a, b) => a - b));
});

test("dynamic scaling leaves texts up to maxLength alone and takes longer ones, up to the factor", async () => {
  const scaled = { ...configOf({ ...sizes, arch: "llama" }, 32), ropeScaling: { type: "dynamic", factor: 2 } } as const;
  const model = initModel(scaled, vocab, 0);
  const plain = initModel({ ...scaled, ropeScaling: null }, vocab, 0);
  const logits = async (of: typeof model, length: number) => {
    const ids = tf.tensor2d([Array.from({ length }, (_, i) => i % 30)], undefined, "int32");
    try {
      const out = models.forward(of, ids);
      const values = await out.data();
      out.dispose();
      return values;
    } finally {
      ids.dispose();
    }
  };
  expect(await logits(model, 24)).toEqual(await logits(plain, 24));
  expect((await logits(model, 48)).length).toBe(48 * 32);
  await expect(logits(model, 49)).rejects.toMatchObject({ code: "TOO_LONG" });
  await expect(logits(plain, 25)).rejects.toMatchObject({ code: "TOO_LONG" });
  for (const made of [model, plain]) made.dispose();
});

test("a summary is a table of all parameters with their count", async () => {
  const one = await models.init({ ...sizes, arch: "gpt_neox", vocab, seed: 0 });
  const summary = one.summary();
  const [display] = Object.getOwnPropertySymbols(summary) as [symbol];
  const bundle = (summary as unknown as Record<symbol, () => Record<string, string>>)[display]!();
  expect(bundle["text/plain"]).toContain("gpt_neox.layers.1.attention.query_key_value.weight");
  expect(bundle["text/plain"]).toContain(`${one.parameterCount.toLocaleString("en-US")} parameters`);
  expect(bundle["text/html"]).toContain("<table");
  one.dispose();
});

describe("on the hub", () => {
  const COMMIT = "89abcdef0123456789abcdef0123456789abcdef";
  const saved = { ...process.env };
  let asked: string[];
  afterEach(() => {
    process.env = { ...saved };
  });

  test("owner/name is downloaded in shards with its tokenizer, read from the cache of Python's library, and found again offline", async () => {
    const source = join(folder, "source");
    const bpe = trainBpe(["to be or not to be"], { vocabSize: 262 });
    const one = await models.init({ ...sizes, arch: "olmo2", vocab: bpe, seed: 0 });
    await models.save(one, source, { maxShardBytes: 20_000 });
    await mkdir(join(folder, "cache"));
    asked = [];
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? "", "http://hub");
      const json = (body: unknown) => response.setHeader("Content-Type", "application/json").end(JSON.stringify(body));
      if (pathname === "/api/models/owner/tiny/revision/main") return json({ _id: "1", id: "owner/tiny", sha: COMMIT });
      const names = [...readdirSync(source), "pytorch_model.bin"];
      if (pathname.startsWith(`/api/models/owner/tiny/tree/${COMMIT}`))
        return json(names.map((path) => ({ type: "file", path, size: 1, oid: "0" })));
      const name = pathname.replace(`/owner/tiny/resolve/${COMMIT}/`, "");
      if (!names.includes(name)) return response.writeHead(404, { "X-Error-Code": "RepoNotFound" }).end();
      asked.push(name);
      const bytes = readFileSync(join(source, name));
      const range = /^bytes=(\d+)-(\d*)$/u.exec(request.headers.range ?? "");
      const [start, end] = [Number(range?.[1] ?? 0), range?.[2] ? Number(range[2]) + 1 : bytes.length];
      const body = Buffer.from(bytes.subarray(start, end));
      const etag = createHash("sha256").update(bytes).digest("hex");
      response.writeHead(range ? 206 : 200, {
        ETag: `"${etag}"`,
        "Content-Length": body.length,
        ...(range && { "Content-Range": `bytes ${start}-${start + body.length - 1}/${bytes.length}` }),
      });
      return response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    process.env["HF_HUB_CACHE"] = join(folder, "cache");
    process.env["HF_ENDPOINT"] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const loaded = await models.load("owner/tiny");
    expect(await loaded.hash()).toBe(await one.hash());
    expect(loaded.tokenizer.encode("to be")).toEqual(bpe.encode("to be"));
    expect(asked).not.toContain("pytorch_model.bin");
    expect(readdirSync(join(folder, "cache/models--owner--tiny")).sort()).toEqual(["blobs", "refs", "snapshots"]);
    await new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    const offline = await models.load("owner/tiny");
    expect(await offline.hash()).toBe(await one.hash());
    await expect(models.load("owner/other")).rejects.toMatchObject({ code: "HUB_UNREACHABLE" });
    for (const made of [one, loaded, offline]) made.dispose();
  });
});

test("a model's file is read by nobody else's rules: names as the family's, [out, in] in files", async () => {
  const one = await models.init({ ...sizes, arch: "gpt_neox", vocab, seed: 0 });
  await models.save(one, folder);
  const { tensors } = parseSafetensors(readFileSync(join(folder, "model.safetensors")));
  expect(tensors.get("gpt_neox.layers.0.attention.query_key_value.weight")?.shape).toEqual([96, 32]);
  expect(tensors.get("embed_out.weight")?.shape).toEqual([32, 32]);
  one.dispose();
});

afterAll(() => {
  expect(tf.memory().numTensors).toBe(0);
});
