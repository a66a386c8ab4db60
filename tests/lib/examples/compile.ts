// Examples of long work (training, evaluation, probes) say no value: running them all would take an hour. They are compiled against the
// library's types instead, beside declarations of what they take as given, so that a renamed option or function is found.
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { type Example, ROOT } from "./collect.ts";

/** What examples take as given, by the names they all use. */
const GIVEN: Readonly<Record<string, string>> = {
  task: "ReturnType<typeof lab.world.stateMachine>",
  a: "ReturnType<typeof lab.world.stateMachine>",
  b: "ReturnType<typeof lab.world.stateMachine>",
  blank: "lab.Model",
  base: "lab.Model",
  models: "Readonly<Record<string, lab.Model>>",
  run: "Awaited<ReturnType<typeof lab.sft>>",
  reading: "Awaited<ReturnType<typeof lab.sft>>",
  old: "Awaited<ReturnType<typeof lab.sft>>",
  blankRun: "Awaited<ReturnType<typeof lab.sft>>",
  twinRun: "Awaited<ReturnType<typeof lab.sft>>",
  ...Object.fromEntries([0, 1, 2, 3].map((seed) => [`run${seed}`, "Awaited<ReturnType<typeof lab.sft>>"])),
  ...Object.fromEntries(
    ["tuned", "grpo", "rloo", "drGrpo", "held"].map((name) => [name, "Awaited<ReturnType<typeof lab.rl>>"]),
  ),
  score: "lab.Score<string, string>",
  pass: "lab.Score<string, string>",
  sets: "Readonly<Record<string, lab.ExampleSet>>",
  set: "lab.ExampleSet",
  prompts: "lab.ExampleSet",
  gsm8k: "lab.ExampleSet",
  humaneval: "lab.ExampleSet",
  fit: "lab.FitOptions",
  fresh: "(seed: number) => Promise<lab.Model>",
  init: "(seed: number) => Promise<lab.Model>",
  tasks: "ReturnType<typeof lab.world.stateMachine>[]",
  plan: "Parameters<typeof lab.probe.twins>[0]",
  rewardsPlan: "Parameters<typeof lab.probe.controlRewards>[0]",
  gaps: "Awaited<ReturnType<typeof lab.probe.twins>>",
  gains: "Awaited<ReturnType<typeof lab.probe.controlRewards>>",
  tokenizer: 'import("../../../lib/tokenizer/hugging-face.ts").HuggingFaceTokenizer',
};

const EXPORTED = /^export (?:declare )?(?:async )?(?:function\*?|const|class) (\w+)/gm;
const namesOf = (file: string): string[] =>
  [...readFileSync(join(ROOT, file), "utf8").matchAll(EXPORTED)].map((found) => found[1] ?? "");
const indexNames = (): string[] =>
  [...readFileSync(join(ROOT, "lib/index.ts"), "utf8").matchAll(/^export \{ ([^}]+) \}/gm)].flatMap((found) =>
    (found[1] ?? "").split(",").map((name) => name.trim()),
  );

function sourceOf(file: string, examples: readonly Example[], folder: string): string {
  const own = [...new Set(namesOf(file))];
  // `data` is the library's in lib/data, and the examples that a model reads everywhere else.
  const given = {
    ...GIVEN,
    ...(file.startsWith("lib/data/") ? {} : { data: "lab.ExampleSet" }),
    ...(file.startsWith("lib/model/") ? { model: "lab.Model" } : {}),
  };
  const declared = Object.entries(given).filter(([name]) => !own.includes(name));
  const taken = new Set([...own, ...declared.map(([name]) => name)]);
  const from = (path: string): string => JSON.stringify(relative(folder, join(ROOT, path)).replaceAll("\\", "/"));
  return [
    `import * as lab from ${from("lib/index.ts")};`,
    `import { ${indexNames()
      .filter((name) => !taken.has(name))
      .join(", ")}, tf } from ${from("lib/index.ts")};`,
    ...(own.length > 0 ? [`import { ${own.join(", ")} } from ${from(file)};`] : []),
    ...declared.map(([name, type]) => `declare const ${name}: ${type};`),
    ...examples.map(({ line, code }) => `/* ${file}:${line} */ export const line${line} = async () => {\n${code}\n};`),
  ].join("\n");
}

/** @returns what the compiler says, with the example's place */
export function compileExamples(examples: readonly Example[]): string[] {
  const folder = join(ROOT, "tests", "lib", "examples");
  const virtual = new Map<string, string>();
  for (const file of new Set(examples.map((example) => example.file))) {
    const path = join(folder, `${file.replaceAll("/", "-")}.ts`);
    virtual.set(
      path,
      sourceOf(
        file,
        examples.filter((example) => example.file === file),
        folder,
      ),
    );
  }
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(ROOT, "tsconfig.json"), (path) => readFileSync(path, "utf8")).config,
    ts.sys,
    ROOT,
  );
  const host = ts.createCompilerHost(options);
  host.readFile = (path) => virtual.get(path) ?? ts.sys.readFile(path);
  host.fileExists = (path) => virtual.has(path) || ts.sys.fileExists(path);
  const loose = { ...options, noEmit: true, noUnusedLocals: false, noUncheckedIndexedAccess: false };
  const program = ts.createProgram([...virtual.keys()], loose, host);
  return [...virtual.keys()].flatMap((path) => {
    const source = program.getSourceFile(path);
    if (!source) return [`${relative(dirname(path), path)} was not read`];
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((found) => {
      const before = source.text.slice(0, found.start);
      const at = /\/\* ([^*]+) \*\/(?![\s\S]*\/\* )/.exec(before)?.[1] ?? "its imports";
      return `${at} ${ts.flattenDiagnosticMessageText(found.messageText, " ").slice(0, 300)}`;
    });
  });
}
