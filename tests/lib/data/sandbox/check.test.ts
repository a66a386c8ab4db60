import { afterAll, describe, expect, test } from "vitest";
import { sandbox } from "../../../../lib/data/sandbox/sandbox.ts";
import type { Check } from "../../../../lib/data/sandbox/sandbox.ts";

afterAll(() => sandbox.close());
const ends = async (check: Check, language: "python" | "javascript" = "python", timeMs = 2_000) =>
  (await sandbox.check(language, check, { timeMs })).ending;

const tests = `
assert double(2) == 4
assert double([1, "a"]) == [1, "a", 1, "a"]
assert double("ab") == "abab"
`;
const right = "def double(x): return x * 2";

/** Ways to pass without the answer: each a submission that is wrong and would like not to be found out. */
const FORGERIES = {
  "prints that all is well": `print("passed"); print("OK")\ndef double(x): print("PASSED")`,
  "an object that equals everything": `class Yes:\n    def __eq__(self, other): return True\n    def __ne__(self, other): return False\ndef double(x): return Yes()`,
  "a number that equals everything": `class Yes(int):\n    def __eq__(self, other): return True\ndef double(x): return Yes(1)`,
  "a text that equals everything": `class Yes(str):\n    def __eq__(self, other): return True\n    def __hash__(self): return 0\ndef double(x): return Yes("a")`,
  "a list that equals everything": `class Yes(list):\n    def __eq__(self, other): return True\ndef double(x): return Yes([1])`,
  "leaves in time": `import sys\ndef double(x): sys.exit(0)`,
  "leaves at once": `import sys\nsys.exit(0)`,
  "leaves hard": `import os\ndef double(x): os._exit(0)`,
  "a last word at exit": `import atexit, os\natexit.register(lambda: os._exit(0))\ndef double(x): return None`,
  "no assertion errors any more": `import builtins\nbuiltins.AssertionError = type("Quiet", (BaseException,), {})\ndef double(x): return None`,
  "another exec": `import builtins\nbuiltins.exec = builtins.compile = lambda *a, **k: None\ndef double(x): return None`,
  "another json": `import json\njson.dumps = lambda *a, **k: '{"ending": "finished", "value": "[]", "error": ""}'\ndef double(x): return None`,
  "reads what is expected from the stack": `import sys\ndef double(x):\n    frame = sys._getframe()\n    while frame:\n        for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):\n            if isinstance(value, str) and "assert double" in value: return x * 2\n        frame = frame.f_back`,
  "finds the tests in memory": `import gc\ndef double(x):\n    for thing in gc.get_objects():\n        if isinstance(thing, dict) and any(isinstance(v, str) and "assert double" in v for v in thing.values()): return x * 2`,
  "answers in the harness's place": `import os\ndef double(x):\n    for descriptor in range(3, 20):\n        try: os.write(descriptor, b'{"ending": "finished", "value": "[\\\\"n\\\\", \\\\"0x4\\\\"]", "error": ""}')\n        except OSError: pass`,
  "replaces the tests' own function": `import sys\nsys.modules["__main__"].__dict__["_op_check"] = lambda request: ""\ndef double(x): return None`,
  "raises what looks like the end": `def double(x): raise SystemExit(0)`,
  "an endless answer": `def double(x):\n    while True: yield 1`,
};

describe("a submission passes by its answers alone", () => {
  test("the right one passes, a wrong one fails, one that is no Python fails", async () => {
    expect(await ends({ code: right, tests })).toBe("finished");
    expect(await ends({ code: "def double(x): return x + x + x", tests })).toBe("error");
    expect(await ends({ code: "def double(x) return x", tests })).toBe("error");
    expect(await ends({ code: "", tests })).toBe("error");
  });

  test.each(Object.entries(FORGERIES))("%s: fails, and the right one after it passes", async (_, code) => {
    expect(await ends({ code, tests })).not.toBe("finished");
    expect(await ends({ code: right, tests })).toBe("finished");
  });

  test("what a submission leaves in its interpreter helps no wrong one after it and harms no right one", async () => {
    const spoil = `
import builtins, heapq, collections, sys, typing, random
builtins.len = lambda x: 42
builtins.sum = None
heapq.heappush = None
collections.Counter = None
sys.modules["math"] = None
sys.path.clear()
random.seed = None
builtins.saved = lambda x: x * 2
def double(x): return x * 2
`;
    const uses =
      "import math, heapq, collections\ndef double(x): return [x, x][:len([1])][0] * int(math.sqrt(sum([4])))";
    const borrows = "def double(x): return saved(x)";
    for (let round = 0; round < 3; round++) {
      // It has spoiled the harness beside it as well, so it does not pass itself.
      expect(await ends({ code: spoil, tests })).toBe("error");
      expect(await ends({ code: borrows, tests })).toBe("error");
      expect(await ends({ code: uses, tests })).toBe("finished");
    }
  });

  test("values of every plain kind arrive as they are: large numbers, nan, nested sets, bytes, iterators; objects can be handed back", async () => {
    const code = `
import collections
class Pair:
    def __init__(self, a, b): self.a, self.b = a, b
def same(x): return x
def first(pair): return pair.a
def count(x): return collections.Counter(x)
def lazily(n): return (i * i for i in range(n))
`;
    expect(
      await ends({
        code,
        setup: "import math",
        tests: `
for value in [2**100, -1.5, 1e308, "😀\\n", None, True, (1, [2, {3: {4}}]), frozenset([1]), b"\\x00\\xff", 1j, range(3), {}]:
    assert same(value) == value and type(same(value)) is type(value)
assert math.isnan(same(float("nan")))
assert count("aab") == {"a": 2, "b": 1}
assert list(lazily(4)) == [0, 1, 4, 9]
assert first(Pair(7, 8)) == 7
assert Pair(1, 2) != Pair(1, 2)
try:
    first(3)
    assert False
except RuntimeError:
    pass
`,
      }),
    ).toBe("finished");
  });

  test("time and memory are one run's: a call that hangs times out, one that eats is out of memory, tests that expect an exception are not passed by either", async () => {
    const expecting = "try:\n    double(1)\nexcept Exception:\n    pass";
    expect(await ends({ code: "def double(x):\n    while True: pass", tests: expecting }, "python", 500)).toBe(
      "timeout",
    );
    expect(await ends({ code: "def double(x): return bytearray(10**9)", tests: expecting })).toBe("memory");
    expect(await ends({ code: "def double(x): raise ValueError(x)", tests: expecting })).toBe("finished");
  });
});

describe("JavaScript", () => {
  const tests = `assert.equal(double(2), 4); assert.equal(double([1, { a: 2 }]), [1, { a: 2 }, 1, { a: 2 }]); assert(double("ab") === "abab")`;
  const right = `const double = (x) => typeof x === "number" ? x * 2 : typeof x === "string" ? x + x : [...x, ...x]`;

  test("passes by its answers, also as a class's method, an async function or a Map; not by what it does to the language", async () => {
    expect(await ends({ code: right, tests }, "javascript")).toBe("finished");
    expect(
      await ends(
        {
          code: `async function f(x) { return new Map([[x, 10n]]) }`,
          tests: `assert.equal(f(1), new Map([[1, 10n]]))`,
        },
        "javascript",
      ),
    ).toBe("finished");
    for (const code of [
      `const double = (x) => x`,
      `globalThis.assert = () => {}; globalThis.assert.equal = () => {}; const double = () => 0`,
      `JSON.stringify = () => '{"ending":"finished","value":"4"}'; const double = () => 0`,
      `Array.isArray = () => false; Object.is = () => true; const double = () => ({ valueOf: () => 4, toJSON: () => 4 })`,
      `function double() { throw { ending: "finished" } }`,
      `const double = async () => new Promise(() => {})`,
    ])
      expect(await ends({ code, tests }, "javascript"), code).not.toBe("finished");
    expect(await ends({ code: right, tests }, "javascript")).toBe("finished");
  });
});

test("an aborted signal leaves out what has not begun, and the sandbox goes on", async () => {
  const abort = new AbortController();
  const running = Array.from({ length: 6 }, () =>
    sandbox.check("python", { code: right, tests }, { signal: abort.signal }).then(
      () => "done",
      () => "left out",
    ),
  );
  abort.abort();
  expect(await Promise.all(running)).toContain("left out");
  expect(await ends({ code: right, tests })).toBe("finished");
});

test("a program prints the numbers that JSON lacks as they are", async () => {
  const { output } = await sandbox.run("javascript", "console.log(1 / 0, -1 / 0, 0 / 0, -0, 1.5, null, [1])");
  expect(output).toBe("Infinity -Infinity NaN -0 1.5 null [1]\n");
});
