// Programming benchmarks: what of a completion is its code, and whether that code passes the problem's tests, in the sandbox.
// Sources: HumanEval: Chen et al. 2021 (2107.03374); MBPP: Austin et al. 2021 (2108.07732), its sanitised part, prompt of appendix A.
// Differs from their harnesses in: 1. tests and code run in interpreters of their own and meet in plain values, so code cannot pass by what it does to
// the tests. 2. The limit is 10 s of wall-clock time, because WebAssembly is three to five times slower than CPython.
import { readFile } from "node:fs/promises";
import { fault } from "../core/errors.ts";
import type { AnyVerify, Example } from "./example.ts";
import type { Row } from "./json-lines.ts";
import { readRows } from "./rows.ts";
import { sandbox } from "./sandbox/sandbox.ts";
import type { SandboxOptions } from "./sandbox/sandbox.ts";

const TIME_MS = 10_000;

/**
 * The code in a completion: its last fenced block when it has one, else all of it.
 * @example codeOf("Sure:\n```python\nx = 1\n```") // "x = 1\n"
 */
export function codeOf(completion: string): string {
  const blocks = [...completion.matchAll(/^[ \t]*```[\w+-]*[ \t]*\n(.*?)^[ \t]*```/gmsu)];
  const last = blocks.at(-1)?.[1];
  if (last !== undefined) return last;
  // A block that is not closed, because the text ended.
  return /^[ \t]*```[\w+-]*[ \t]*\n(.*)$/msu.exec(completion)?.[1] ?? completion;
}

const textOf = (example: Example, name: string) => String(example.meta[name]);

/** HumanEval: the completion goes on where the prompt's function begins, or defines that function anew. */
export const verifyHumanEval: AnyVerify = async (example, completion, signal) => {
  const entry = textOf(example, "entry_point");
  const code = codeOf(completion);
  // After the prompt a second definition stands for itself, and has the prompt's imports and helpers.
  const anew = new RegExp(`^(?:async )?def ${entry}\\b`, "mu").test(code);
  const outcome = await sandbox.check(
    "python",
    {
      code: anew ? `${example.prompt}    pass\n\n${code}` : example.prompt + code,
      // The prompt's helpers are the tests' as well; its function is not.
      setup: example.prompt,
      names: [entry],
      tests: `${textOf(example, "test")}\ncheck(${entry})\n`,
    },
    { timeMs: TIME_MS, signal },
  );
  return outcome.ending === "finished";
};

/** MBPP: the completion defines what the assertions call. */
export const verifyMbpp: AnyVerify = async (example, completion, signal) => {
  const code = codeOf(completion.replace(/\[DONE\].*$/su, ""));
  const check = { code, tests: textOf(example, "tests"), setup: textOf(example, "setup") };
  return (await sandbox.check("python", check, { timeMs: TIME_MS, signal })).ending === "finished";
};

/** How the tests of a problem are put together from its example. */
export interface CodeTests {
  readonly language: "python" | "javascript";
  readonly tests: (example: Example) => string;
  /** Run before the tests; default: nothing. */
  readonly setup?: (example: Example) => string;
  /** What to run of a completion; default: codeOf. */
  readonly code?: (example: Example, completion: string) => string;
  readonly limits?: Omit<SandboxOptions, "signal">;
}

/** Whether a completion's code passes tests of one's own. */
export const verifyCode =
  ({ language, tests, setup = () => "", code = (_, completion) => codeOf(completion), limits }: CodeTests): AnyVerify =>
  async (example, completion, signal) => {
    const check = { code: code(example, completion), tests: tests(example), setup: setup(example) };
    return (await sandbox.check(language, check, { ...limits, signal })).ending === "finished";
  };

/**
 * Rows of MBPP, from a JSON array (sanitized-mbpp.json) or from any format of rows.
 * @throws MBPP_INVALID, DATA_MISSING; else as readRows
 */
export async function* readMbpp(path: string): AsyncGenerator<Row> {
  const rows = path.endsWith(".json") ? readArray(path) : readRows(path);
  for await (const { values, line } of rows) {
    const { prompt = values["text"], code, task_id, test_list, test_imports = [], test_setup_code = "" } = values;
    const lists = [test_list, test_imports].every((list) => Array.isArray(list));
    if (typeof prompt !== "string" || typeof code !== "string" || typeof test_setup_code !== "string" || !lists)
      throw invalidMbpp(path, `row ${line} has no prompt (or text), code and test_list.`);
    const tests = (test_list as string[]).join("\n");
    const setup = [...(test_imports as string[]), test_setup_code].filter((part) => part !== "").join("\n");
    const question =
      `You are an expert Python programmer, and here is your task: ${prompt} Your code should pass these tests:\n\n` +
      `${tests}\n[BEGIN]\n`;
    yield { values: { id: `MBPP/${String(task_id)}`, question, code, tests, setup }, line };
  }
}

const invalidMbpp = (path: string, what: string, cause?: unknown) =>
  fault("MBPP_INVALID", `${path}: ${what}`, "its files are read as published, and as the hub has them.", cause);

async function* readArray(path: string): AsyncGenerator<Row> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw fault("DATA_MISSING", `${path} cannot be read.`, "check the path.", error);
  }
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch (error) {
    throw invalidMbpp(path, "it is no JSON.", error);
  }
  if (!Array.isArray(rows)) throw invalidMbpp(path, "it is no array.");
  for (const [i, row] of rows.entries()) yield { values: Object(row) as Row["values"], line: i + 1 };
}
