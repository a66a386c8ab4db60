import { expect, test } from "vitest";
import { draw, key } from "../../../lib/core/rng.ts";
import { surveyKeys } from "../../../lib/data/json-keys.ts";
import { encodeSafetensors, parseSafetensors, toFloat32 } from "../../../lib/data/safetensors.ts";
import type { SafetensorsEntry } from "../../../lib/data/safetensors.ts";

/** A file with this header text (or bytes) and this many bytes of data. */
function file(header: string | Uint8Array, data = 0, length?: bigint): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + data);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}
const entry = (begin: number, end: number, shape = [(end - begin) / 4], dtype = "F32") =>
  JSON.stringify({ dtype, shape, data_offsets: [begin, end] });

const LIES: readonly (readonly [string, string, Uint8Array])[] = [
  ["seven bytes", "TRUNCATED", new Uint8Array(7)],
  ["a header longer than the file", "HEADER_PAST_END", file("{}", 0, 99n)],
  ["a header of 100 MB and one byte", "HEADER_TOO_LARGE", file("{}", 0, 100_000_001n)],
  ["a header of 2^63 bytes", "HEADER_TOO_LARGE", file("{}", 0, 2n ** 63n)],
  ["a header that is not UTF-8", "NOT_UTF8", file(Uint8Array.of(0x7b, 0xff, 0x7d))],
  ["a header that is not JSON", "NOT_JSON", file("{")],
  ["a header that is a list", "NOT_JSON", file("[]")],
  ["two tensors that overlap", "OVERLAP", file(`{"a":${entry(0, 8)},"b":${entry(4, 12)}}`, 12)],
  ["a hole between two tensors", "HOLE", file(`{"a":${entry(0, 4)},"b":${entry(8, 12)}}`, 12)],
  ["bytes after the last tensor", "TAIL", file(`{"a":${entry(0, 4)}}`, 5)],
  ["a tensor past the end", "PAST_END", file(`{"a":${entry(0, 8)}}`, 4)],
  ["a shape that does not fill its span", "SIZE_MISMATCH", file(`{"a":${entry(0, 8, [3])}}`, 8)],
  ["sizes whose product exceeds 2^53", "OVERFLOW", file(`{"a":${entry(0, 8, [2 ** 40, 2 ** 40])}}`, 8)],
  [
    "an offset of 2^64",
    "OVERFLOW",
    file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,18446744073709551616]}}`, 1),
  ],
  ["a tensor called __proto__", "BAD_NAME", file(`{"__proto__":${entry(0, 4)}}`, 4)],
  ["a name that stands there twice", "DUPLICATE_NAME", file(`{"a":${entry(0, 4)},"a":${entry(0, 4)}}`, 4)],
  ["an unknown dtype", "UNKNOWN_DTYPE", file(`{"a":${entry(0, 4, [1], "F128")}}`, 4)],
  ["a dtype that objects inherit", "UNKNOWN_DTYPE", file(`{"a":${entry(0, 4, [1], "constructor")}}`, 4)],
  ["a shape with a fraction", "BAD_SHAPE", file(`{"a":${entry(0, 4, [0.5])}}`, 4)],
  ["an entry that is a number", "BAD_ENTRY", file(`{"a":1}`)],
  ["metadata with a number in it", "BAD_ENTRY", file(`{"__metadata__":{"a":1}}`)],
];

const weights = new Map<string, SafetensorsEntry>([
  ["b", { dtype: "F32", shape: [2, 3], data: new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, -0.5).buffer) }],
  ["a", { dtype: "BF16", shape: [2], data: Uint8Array.of(0x80, 0x3f, 0x49, 0x40) }],
  ["h", { dtype: "F16", shape: [], data: Uint8Array.of(0, 0x3c) }],
]);

test.each(LIES)("T8: %s is SAFETENSORS_%s", (_, code, bytes) => {
  expect(() => parseSafetensors(bytes)).toThrow(expect.objectContaining({ code: `SAFETENSORS_${code}` }));
});

test("what was encoded is parsed: names, shapes, numbers of three types, metadata; the data are aligned views", () => {
  const bytes = encodeSafetensors(weights, { format: "pt" });
  const { tensors, metadata } = parseSafetensors(bytes);
  expect(metadata).toEqual({ format: "pt" });
  expect([...tensors.keys()]).toEqual(["b", "a", "h"]);
  expect([...toFloat32(tensors.get("b") as SafetensorsEntry)]).toEqual([1, 2, 3, 4, 5, -0.5]);
  expect([...toFloat32(tensors.get("a") as SafetensorsEntry)]).toEqual([1, 3.140625]);
  expect([...toFloat32(tensors.get("h") as SafetensorsEntry)]).toEqual([1]);
  for (const { data } of tensors.values()) expect(data.buffer).toBe(bytes.buffer);
  expect(tensors.get("b")?.data.byteOffset).toSatisfy((at: number) => at % 8 === 0);
});

const MUTATIONS = process.env["BLANKSLATE_LONG"] === "1" ? 200_000 : 20_000;

test(`T8: ${MUTATIONS} mutated files: each is parsed or refused with a code of ours, none kills or takes a second`, () => {
  const seed = encodeSafetensors(weights, { format: "pt" });
  const drawer = draw(key("mutate"));
  const codes = new Map<string, number>();
  let slowestMs = 0;
  for (let i = 0; i < MUTATIONS; i++) {
    const bytes = seed.slice(0, drawer.uniform() < 0.1 ? drawer.integer(seed.length) : seed.length);
    const changes = 1 + drawer.integer(3);
    for (let c = 0; c < changes && bytes.length > 0; c++) bytes[drawer.integer(bytes.length)] = drawer.integer(256);
    let code = "parsed";
    const start = performance.now();
    try {
      parseSafetensors(bytes);
    } catch (error) {
      code = (error as { code?: string }).code ?? String(error);
    }
    slowestMs = Math.max(slowestMs, performance.now() - start);
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  expect(slowestMs).toBeLessThan(1000);
  expect([...codes.keys()].filter((code) => code !== "parsed" && !code.startsWith("SAFETENSORS_"))).toEqual([]);
  expect(codes.size).toBeGreaterThan(8);
  expect(parseSafetensors(seed).tensors.size).toBe(3);
});

test("T8: a file of 32 MB is parsed with less than 1 MB beside it: tensors are views of the file", () => {
  const big = encodeSafetensors(new Map([["a", { dtype: "F32", shape: [8, 2 ** 20], data: new Uint8Array(2 ** 25) }]]));
  const before = process.memoryUsage().arrayBuffers;
  const { tensors } = parseSafetensors(big);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  expect(tensors.get("a")?.data.length).toBe(2 ** 25);
});

/** As large as a header may be, and made to take time or memory. */
const HEAVY: readonly (readonly [string, string | undefined, () => string])[] = [
  ["a metadata string of 90 MB", undefined, () => `{"__metadata__":{"a":"${"x".repeat(90_000_000)}"}}`],
  [
    "a metadata string of 45 million escaped quotes",
    undefined,
    () => `{"__metadata__":{"a":"${'\\"'.repeat(45_000_000)}"}}`,
  ],
  ["90 MB of spaces", undefined, () => `{${" ".repeat(90_000_000)}}`],
  ["45 million brackets in one another", "BAD_ENTRY", () => `{"a":${"[".repeat(45_000_000)}${"]".repeat(45_000_000)}}`],
  ["18 million objects in one another", "BAD_ENTRY", () => '{"a":'.repeat(18_000_000)],
  [
    "a shape of 45 million dimensions",
    "BAD_ENTRY",
    () => `{"a":{"dtype":"F32","shape":[${"1,".repeat(45_000_000)}0]}}`,
  ],
  [
    "an entry of 5 million keys",
    "BAD_ENTRY",
    () => `{"a":{${Array.from({ length: 5e6 }, (_, i) => `"${i}":1`).join(",")}}}`,
  ],
  [
    "1.2 million tensors",
    "BAD_ENTRY",
    () =>
      `{${Array.from({ length: 1.2e6 }, (_, i) => `"${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`).join(",")}}`,
  ],
];

test.each(HEAVY)(
  "T8: a header of %s takes at most a second of processor time and twice the file's memory",
  (_, code, header) => {
    const bytes = file(header());
    const before = process.memoryUsage();
    const used = process.cpuUsage();
    const outcome = (() => {
      try {
        return parseSafetensors(bytes).tensors.size;
      } catch (error) {
        return (error as { code?: string }).code;
      }
    })();
    const { user, system } = process.cpuUsage(used);
    const after = process.memoryUsage();
    expect(outcome).toBe(code === undefined ? 0 : `SAFETENSORS_${code}`);
    expect((user + system) / 1e6).toBeLessThan(1);
    const grown = after.heapUsed - before.heapUsed + after.external - before.external;
    expect(grown / bytes.length).toBeLessThan(2);
  },
);

test("as many tensors as a header may have are read", () => {
  const names = Array.from({ length: 150_000 }, (_, i) => `"${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`);
  const bytes = file(`{"__metadata__":{"format":"pt"},${names.join(",")}}`);
  expect(parseSafetensors(bytes).tensors.size).toBe(150_000);
});

test.each([
  ['{"a": {"b": 1, "c": [{"b": 2}]}, "b": 3}', undefined],
  ['{"a": 1, "\\u0061": 2}', "a"],
  ['{"x": [{"k": 1, "k": 2}]}', "k"],
  ['{"a:b{": "\\"}", "c": "a:b{"}', undefined],
])("surveyKeys(%s) finds %s twice", (text, expected) => expect(surveyKeys(text).twice).toBe(expected));

test.each([
  ['{"a": [1, [2]]}', { depth: 2 }, "depth"],
  ['{"a": [1, [2]]}', { depth: 3 }, undefined],
  ['{"a": {"b": 1, "c": 2}}', { keys: [1, 1] }, "keys"],
  ['{"a": {"b": 1}, "c": {"d": {"e": 1}}}', { keys: [2, 1] }, undefined],
  ['{"a": [1, 2, 3]}', { values: 2 }, "values"],
  ['{"a": [[1, 2], [3, 4]], "b": "[[[,,,{{{\\"[,,,"}', { depth: 3, keys: [2], values: 2 }, undefined],
] as const)("surveyKeys(%s) with at most %j is beyond %s", (text, bounds, beyond) =>
  expect(surveyKeys(text, { depth: 9, keys: [9], values: 9, ...bounds }).beyond).toBe(beyond),
);
