import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPrivateTemporaryDirectory, removePath } from "../../../lib/core/files.ts";
import { codeOf } from "../../../lib/data/code.ts";
import { data } from "../../../lib/data/data-sets.ts";
import type { Example } from "../../../lib/data/example.ts";
import { sandbox } from "../../../lib/data/sandbox/sandbox.ts";
import { hasShared, sharedPath } from "../fixtures.ts";

afterAll(() => sandbox.close());

/** A solution whose every result is another one: what is true is false, what is a number is one more, what is a list is longer. */
const broken = (example: Example) => {
  const entry = String(example.meta["entry_point"]);
  return `${example.completion}
_right = ${entry}
def _other(x):
    if isinstance(x, bool) or x is None: return not x
    if isinstance(x, (int, float)): return x + 1
    if isinstance(x, str): return x + "x"
    if isinstance(x, list): return x + [0]
    if isinstance(x, tuple): return x + (0,)
    if isinstance(x, dict): return {**x, "other": 0}
    return None
def ${entry}(*args, **kwargs): return _other(_right(*args, **kwargs))
`;
};

describe.skipIf(!hasShared)("HumanEval (skipped without ../shared)", () => {
  const every = process.env["BLANKSLATE_LONG"] === "1" ? 1 : 12;

  test("of its 164 canonical solutions all pass; with every result changed, or returning None, all fail (each 12th, or all with BLANKSLATE_LONG=1)", async () => {
    const { examples, verify } = await data.humaneval(sharedPath("data", "humaneval", "HumanEval.jsonl.gz"));
    const chosen = examples.filter((_, i) => i % every === 0);
    const start = performance.now();
    const ids = async (write: (example: Example) => string) => {
      const verdicts = await Promise.all(chosen.map(async (example) => verify(example, write(example))));
      return chosen.filter((_, i) => verdicts[i]).map(({ id }) => id);
    };
    expect(await ids((e) => e.completion)).toEqual(chosen.map(({ id }) => id));
    expect(await ids(broken)).toEqual([]);
    expect(await ids(() => "    return None\n")).toEqual([]);
    const seconds = (performance.now() - start) / 1000;
    console.info(
      `HumanEval: ${chosen.length} right ones pass, ${2 * chosen.length} broken ones fail, ${seconds.toFixed(1)} s`,
    );
  }, 600_000);

  test("an answer in a fenced block, with the whole function or with words around it, is read as its code", async () => {
    const { examples, verify } = await data.humaneval(sharedPath("data", "humaneval", "HumanEval.jsonl.gz"));
    const example = examples[2] as Example;
    const whole = `${example.prompt}${example.completion}`;
    expect(await verify(example, `Here it is:\n\`\`\`python\n${whole}\`\`\`\nIt floors.`)).toBe(true);
    expect(await verify(example, `\`\`\`\ndef truncate_number(number):\n    return number % 1\n`)).toBe(true);
    expect(await verify(example, "I do not know.")).toBe(false);
    expect(codeOf("```py\na\n```\nor\n```\nb\n```")).toBe("b\n");
  });
});

describe("MBPP's own files", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await createPrivateTemporaryDirectory("mbpp");
    return () => removePath(folder);
  });
  const rows = [
    {
      source_file: "own",
      task_id: 2,
      prompt: "Write a function to find the shared elements of two lists.",
      code: "def shared(a, b):\n    return tuple(set(a) & set(b))",
      test_imports: [],
      test_list: ["assert set(shared((3, 4, 5), (5, 4))) == set((4, 5))", "assert set(shared((1,), (2,))) == set()"],
    },
    {
      source_file: "own",
      task_id: 3,
      prompt: "Write a function for the area of a disc.",
      code: "import math\ndef area(r):\n    return math.pi * r * r",
      test_imports: ["import math"],
      test_list: ["assert math.isclose(area(10), 314.1592653589793, rel_tol=0.001)"],
    },
    {
      source_file: "own",
      task_id: 4,
      prompt: "Write a function for the longest chain of pairs.",
      code: "class Pair(object):\n    def __init__(self, a, b):\n        self.a = a\n        self.b = b\ndef longest(pairs):\n    return sum(p.a < p.b for p in pairs)",
      test_imports: [],
      test_list: ["assert longest([Pair(5, 24), Pair(9, 3)]) == 1"],
    },
  ];

  test("the reference solutions pass, others' do not; the array and the lines of objects say the same", async () => {
    const array = join(folder, "sanitized-mbpp.json");
    const lines = join(folder, "mbpp.jsonl");
    await writeFile(array, JSON.stringify(rows));
    const asLines = rows.map(({ prompt, test_imports, ...row }) =>
      JSON.stringify({ ...row, text: prompt, test_setup_code: test_imports.join("\n"), challenge_test_list: [] }),
    );
    await writeFile(lines, `${asLines.join("\n")}\n`);
    const { examples, verify, name } = await data.mbpp(array);
    expect([name, examples.length, examples[0]?.id]).toEqual(["MBPP", 3, "MBPP/2"]);
    expect((await data.mbpp(lines)).examples).toEqual(examples);
    expect(examples[0]?.prompt).toContain("assert set(shared((3, 4, 5), (5, 4))) == set((4, 5))");
    for (const [i, example] of examples.entries()) {
      expect(await verify(example, example.completion)).toBe(true);
      expect(await verify(example, `${example.completion}\n[DONE]\nassert False`)).toBe(true);
      expect(await verify(example, examples[(i + 1) % 3]?.completion as string)).toBe(false);
    }
    await writeFile(array, JSON.stringify([{ prompt: "no tests" }]));
    await expect(data.mbpp(array)).rejects.toMatchObject({ code: "MBPP_INVALID" });
  });
});
