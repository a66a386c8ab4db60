// Rows W1-W5 and W8 of the reliability matrix, on the parser itself.
import { createHmac, randomBytes, randomInt } from "node:crypto";
import { describe, expect, test } from "vitest";
import { Encoder, parseContent, parseMessage } from "../../../kernel/wire/frames.ts";
import { parseJson } from "../../../kernel/wire/json.ts";
import { Authenticator, MAX_REPLAY_DIGESTS } from "../../../kernel/wire/signature.ts";

const KEY = "a-key-of-the-tests";
const authenticator = () => new Authenticator(KEY, "hmac-sha256");
const encoder = new Encoder("session", authenticator());
const good = (content = {}, buffers: Uint8Array[] = []) =>
  encoder.encode([Buffer.from("me")], "execute_request", {}, content, {}, buffers).map((f) => Buffer.from(f));

/** @returns the code of what it throws; undefined when it throws nothing */
function codeOf(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

test("W1: 20,000 random frame lists give only wire errors, and a good message still parses", () => {
  const guard = authenticator();
  const delimiter = Buffer.from("<IDS|MSG>");
  const codes = new Set<unknown>();
  for (let i = 0; i < 20_000; i++) {
    const count = i % 1_000 === 0 ? 10_000 : randomInt(0, 12);
    const frames = Array.from({ length: count }, () =>
      randomInt(4) === 0 ? delimiter : randomBytes(randomInt(0, 20)),
    );
    codes.add(codeOf(() => parseMessage(frames, guard)));
  }
  for (const code of codes) expect(code).toMatch(/^WIRE_/);
  expect(parseMessage(good({ code: "1" }), guard).content).toEqual({ code: "1" });
});

test("W2: 2,000 of 2,000 messages with one flipped bit are refused, and no error names a signature", () => {
  const guard = authenticator();
  const texts: string[] = [];
  for (let i = 0; i < 2_000; i++) {
    const frames = good({ code: "let a = 1", n: i });
    // Signature, header, parent header, metadata, content.
    const frame = frames[2 + (i % 5)]!;
    frame[randomInt(frame.length)]! ^= 1 << randomInt(8);
    try {
      parseMessage(frames, guard);
    } catch (error) {
      texts.push(String(error));
    }
  }
  expect(texts).toHaveLength(2_000);
  expect(texts.filter((t) => !t.startsWith("WIRE_SIGNATURE"))).toEqual([]);
  expect(texts.filter((t) => /[0-9a-f]{64}/i.test(t))).toEqual([]);
  expect(parseMessage(good(), guard).header.msg_type).toBe("execute_request");
});

describe("W3: keys and schemes", () => {
  test("a key and an empty signature are refused", () => {
    const frames = good();
    frames[2] = Buffer.alloc(0);
    expect(codeOf(() => parseMessage(frames, authenticator()))).toBe("WIRE_SIGNATURE");
  });
  test("an empty key accepts what is not signed", () => {
    const open = new Authenticator("", "");
    const frames = new Encoder("s", open).encode([], "kernel_info_request", {}, {}).map((f) => Buffer.from(f));
    expect(parseMessage(frames, open).header.msg_type).toBe("kernel_info_request");
  });
  test("an unknown scheme does not start", () => {
    expect(codeOf(() => new Authenticator(KEY, "hmac-md5"))).toBe("CONNECTION_SCHEME");
    expect(codeOf(() => new Authenticator(KEY, "__proto__"))).toBe("CONNECTION_SCHEME");
  });
});

test("W4: three buffers of 1 MiB come through byte-equal, the signature being over exactly four parts", () => {
  const buffers = [1, 2, 3].map(() => randomBytes(2 ** 20));
  const frames = good({}, buffers);
  const expected = createHmac("sha256", KEY)
    .update(Buffer.concat(frames.slice(3, 7)))
    .digest("hex");
  expect(String(frames[2])).toBe(expected);
  const parsed = parseMessage(frames, authenticator());
  expect(parsed.buffers.map((b, i) => b.equals(buffers[i]!))).toEqual([true, true, true]);
});

test("W5: a message comes through once, also after 70,000 junk messages; at most 65,536 digests are kept", () => {
  const guard = authenticator();
  const frames = good();
  parseMessage(frames, guard);
  expect(codeOf(() => parseMessage(frames, guard))).toBe("WIRE_REPLAY");
  const junk = good();
  for (let i = 0; i < 70_000; i++) {
    junk[2] = Buffer.from(i.toString(16).padStart(64, "0"));
    if (codeOf(() => parseMessage(junk, guard)) !== "WIRE_SIGNATURE") throw new Error("junk came through");
  }
  expect(guard.remembered).toBe(1);
  expect(codeOf(() => parseMessage(frames, guard))).toBe("WIRE_REPLAY");
  for (let i = 0; i < MAX_REPLAY_DIGESTS + 10; i++)
    guard.verify(Buffer.from(guard.sign([Buffer.from(`${i}`)])), [Buffer.from(`${i}`)]);
  expect(guard.remembered).toBe(65_536);
  expect(parseMessage(good({ code: "2" }), guard).content).toEqual({ code: "2" });
});

describe("W8: values that JSON allows and JavaScript stumbles over", () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  const cases: [string, Uint8Array][] = [
    ["bad JSON", Buffer.from('{"a":')],
    ["bad UTF-8", Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ["a truncated character", Buffer.from([0x22, 0xe2, 0x82, 0x22])],
    ["a lone surrogate", Buffer.from('{"a":"\\ud800"}')],
    ["a lone surrogate as a key", Buffer.from('{"\\udc00":1}')],
    ["depth 100,000", Buffer.from(deep)],
    ["__proto__", Buffer.from('{"__proto__":{"polluted":true}}')],
    ["__proto__ in escapes", Buffer.from('{"\\u005f_proto__":{"polluted":true}}')],
    ["1e400", Buffer.from('{"a":1e400}')],
    ["a byte order mark", Buffer.from("\ufeff{}")],
    ["nothing", Buffer.alloc(0)],
  ];
  test.each(cases)("%s is refused within 50 ms", (_, bytes) => {
    // This thread's own time: other work on the machine is not the parser's.
    const before = process.threadCpuUsage();
    expect(codeOf(() => parseJson(bytes, "content"))).toBe("WIRE_JSON");
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(50);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
  test("real text survives: surrogate pairs, escapes, deep but honest nesting", () => {
    const value = { text: '"[{\\"🙂\u2028\u0000', list: [[[[[1e308]]]]], empty: {} };
    expect(parseJson(Buffer.from(JSON.stringify(value)), "content")).toEqual(value);
  });
});

test("contents are checked and completed by the table: defaults filled in, wrong types named", () => {
  expect(parseContent("execute_request", { code: "1", extra: true })).toEqual({
    code: "1",
    silent: false,
    store_history: undefined,
    user_expressions: {},
    allow_stdin: true,
    stop_on_error: true,
  });
  expect(() => parseContent("execute_request", { code: 1 })).toThrow("content.code is number, expected a string");
  expect(() => parseContent("inspect_request", { code: "", detail_level: 2 })).toThrow("expected one of 0, 1");
});
