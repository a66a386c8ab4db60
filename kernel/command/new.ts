// `blankslate new`: a starter notebook, short enough to read in a minute and real enough to build on.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fault } from "../../lib/core/errors.ts";
import { writeFileAtomic } from "../../lib/core/files.ts";
import { KERNEL_NAME } from "./kernel-argv.ts";
import { type Cell, encodeNotebook } from "./run/notebook.ts";
import { COMMAND, facts, markLine, say, shortPath } from "./terminal.ts";

const CELLS: readonly (readonly ["markdown" | "code", string, string[]?])[] = [
  [
    "markdown",
    "# A first experiment\n\nA language model with random weights, one procedural task, one claim to probe: *post-training fits the distribution it is shown*.",
  ],
  ["code", "let seed = 0;\nlet steps = 100;", ["parameters"]],
  [
    "code",
    'import { world, model, sft, evaluate, chart } from "blankslate";\n\nconst task = world.stateMachine({ seed });\ntask',
  ],
  ["markdown", "## The blank slate\n\nNothing but random weights, the same on every machine for the same seed."],
  [
    "code",
    'const blank = await model.init({ arch: "qwen2", layers: 2, width: 64, heads: 2, vocab: task.vocab, seed });\nblank.parameterCount',
  ],
  [
    "markdown",
    "## Fine-tuning\n\nThe chart below follows the training; interrupting it keeps what was learned so far.",
  ],
  ["code", "const run = await sft(blank, task.train(5_000), { steps, batch: 32, learningRate: 3e-3 });\nrun"],
  ["markdown", "## In and out of distribution"],
  [
    "code",
    "const score = await evaluate(\n  { blank, tuned: run.model },\n  { inDistribution: task.test({ n: 64 }), deeper: task.test({ n: 64, depth: [11, 14] }) },\n  { samples: 8, passAt: [1, 8] },\n);\nscore.frame()",
  ],
  ["code", "chart.passAtK(score)"],
];

/** @throws FILE_EXISTS */
export async function newNotebook(file: string): Promise<number> {
  const path = resolve(file.endsWith(".ipynb") ? file : `${file}.ipynb`);
  if (existsSync(path)) throw fault("FILE_EXISTS", `${path} is there already.`, "name another file.");
  const cells = CELLS.map(([kind, source, tags], index): Cell => {
    const common = { id: `start-${index + 1}`, metadata: tags ? { tags } : {}, source };
    return kind === "code"
      ? { ...common, cell_type: "code", outputs: [], execution_count: null }
      : { ...common, cell_type: "markdown" };
  });
  const metadata = {
    kernelspec: { name: KERNEL_NAME, display_name: "TypeScript (Blankslate)", language: "typescript" },
    language_info: { name: "typescript" },
  };
  await writeFileAtomic(path, encodeNotebook({ nbformat: 4, nbformat_minor: 5, metadata, cells }));
  say(markLine("ok", `Written: ${shortPath(path)}`));
  say(
    facts([
      ["open", `${COMMAND} lab`],
      ["or run", `${COMMAND} run ${shortPath(path)} --html`],
    ]),
  );
  return 0;
}
