// The laboratory's declarations in place of its files: cells are told the same by less.
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { makeDeclarations } from "../../../kernel/command/declarations.ts";
import { ROOT } from "../../../kernel/command/kernel-argv.ts";
import { completeAt } from "../../../kernel/language/completion.ts";
import { type Declarations, declarationsFile, readDeclarations } from "../../../kernel/language/declarations.ts";
import { diagnose } from "../../../kernel/language/diagnostics.ts";
import { inspectAt } from "../../../kernel/language/inspection.ts";
import { createNotebook } from "../../../kernel/language/notebook.ts";
import { Background } from "../../../kernel/session/background.ts";
import { freshFolder } from "./blankslate.ts";

const cwd = freshFolder();
beforeAll(async () => {
  vi.stubEnv("BLANKSLATE_CACHE", freshFolder());
  await makeDeclarations();
}, 60_000);
afterAll(() => vi.unstubAllEnvs());

const HOVERED = (
  "sft world chart.accuracyByDepth data.hub model.load probe.calibration tf.matMul Score sft( chart.samples( rewards.code( " +
  "world.stateMachine({seed:7}).train("
).split(" ");
const WRONG = [
  'import { sft } from "blankslate"; await sft(null!, null!, { steps: 1, lr: 2 })',
  'import { world } from "blankslate"; world.stateMachine({ sede: 1 }).test({ depth: "deep" })',
  'import { evaluate, type Score } from "blankslate"; const s: Score = await evaluate({}, {}, { samples: "x" }); s.nope',
];

function told(declared: boolean) {
  const notebook = createNotebook({ cwd, packageRoot: ROOT, declared });
  const hovers = HOVERED.map((text) => {
    const code = `import { ${/^\w+/.exec(text)?.[0]} } from "blankslate"; ${text}`;
    return inspectAt(notebook, code, code.length, 1).data["text/markdown"];
  });
  const member = 'import { model } from "blankslate"; model.';
  const members = completeAt(notebook, member, member.length).metadata;
  const errors = WRONG.map((code) => diagnose(notebook, code));
  const files = notebook.service.getProgram()?.getSourceFiles() ?? [];
  const ours = files.filter(({ fileName }) => fileName.startsWith(`${ROOT}/lib/`));
  return { answers: { hovers, members, errors }, characters: ours.reduce((sum, { text }) => sum + text.length, 0) };
}

test("hover, completion and errors of cells that import blankslate are those of its files, from a quarter of the text", () => {
  const [short, long] = [told(true), told(false)];
  expect(short.answers).toEqual(long.answers);
  expect(long.answers.hovers.filter((text) => text?.includes("declared in"))).toHaveLength(HOVERED.length);
  expect(long.answers.errors.map((errors) => errors.length > 0)).toEqual(WRONG.map(() => true));
  expect(short.characters).toBeLessThan(long.characters / 4);
}, 60_000);

test("a kernel's own checker reads them", async () => {
  const file = declarationsFile(ROOT);
  const made = readFileSync(file, "utf8");
  const { states, texts } = JSON.parse(made) as Declarations;
  // Said nowhere in the files.
  const index = texts.map(([name, text]) => [
    name,
    name === "lib/index.ts" ? `${text}\nexport declare const onlyDeclared: 1;` : text,
  ]);
  writeFileSync(file, JSON.stringify({ states, texts: index }));
  const kernel = new Background(cwd);
  expect(await kernel.language().check('import { onlyDeclared } from "blankslate"; onlyDeclared')).toEqual([]);
  await kernel.close();
  writeFileSync(file, made);
}, 60_000);

test("a file that has changed since makes all of them old", () => {
  expect(readDeclarations(ROOT).size).toBeGreaterThan(100);
  const file = declarationsFile(ROOT);
  const made = JSON.parse(readFileSync(file, "utf8")) as Declarations;
  const states = made.states.map(([name, state], i) => [name, i === 7 ? `${state}1` : state]);
  writeFileSync(file, JSON.stringify({ ...made, states }));
  expect(readDeclarations(ROOT).size).toBe(0);
});

test("a damaged file is none, and is made anew", async () => {
  const file = declarationsFile(ROOT);
  const whole = readFileSync(file, "utf8");
  for (const damaged of [whole.slice(0, whole.length / 2), "", "{}", "null"]) {
    writeFileSync(file, damaged);
    expect(readDeclarations(ROOT).size, damaged.slice(0, 9)).toBe(0);
  }
  await makeDeclarations();
  expect(readDeclarations(ROOT).size).toBeGreaterThan(100);
}, 60_000);
