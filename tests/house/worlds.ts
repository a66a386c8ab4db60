// The pages of the worlds, notebooks/worlds: prose by hand, and between the marks what is reckoned from the world itself. `node kernel/node.mjs
// tests/house/worlds.ts` writes marks and figures anew; worlds.test.ts says when that is due.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { svgChart } from "../../lib/report/chart/svg.ts";
import type { Example } from "../../lib/data/example.ts";
import { type Page, PAGES } from "./worlds/figures.ts";

export const FOLDER = join(import.meta.dirname, "../../notebooks/worlds");
const BEGIN = "<!-- reckoned -->";
const END = "<!-- /reckoned -->";

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const short = (value: number) =>
  value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(1) : `${Number(value.toPrecision(3))}`;

function reckoned({ name, world, shifts }: Page): string {
  const [example] = world.train(1).examples as [Example];
  const words = example.completion.split(" ");
  const wrong = [...words.slice(0, -1), words[0] === words.at(-1) ? "" : words[0]].join(" ").trim();
  const floor = world.entropyFloor();
  const row = (
    what: string,
    examples: readonly Example[],
    e: { readonly completion: number; readonly example: number },
  ) => {
    const distances = examples.map((one) => world.distanceToTrain(one));
    const means = [mean(distances.map((d) => d.structural)), mean(distances.map((d) => d.surprisal))];
    return `| ${what} | ${means.map(short).join(" | ")} | ${short(e.completion)} | ${short(e.example)} |`;
  };
  return [
    "```text",
    `prompt      ${example.prompt}`,
    `completion  ${example.completion}`,
    `verify      ${example.completion}  ${world.verify(example, example.completion)}`,
    `            ${wrong}  ${world.verify(example, wrong)}`,
    `log p       ${short(world.logProb(example))} nats`,
    "```",
    "",
    `Vocabulary ${world.vocab.vocabSize} words; chance ${short(world.chance)}. A completion has ${short(floor.completionTokens)} tokens on average, an example ${short(floor.exampleTokens)}.`,
    "",
    "| set | structural distance | surprisal, nats | floor of completions, nats per token | of examples |",
    "| :-- | --: | --: | --: | --: |",
    row("train", world.train(300).examples, floor),
    ...Object.entries(shifts).map(([text, shift]) =>
      row(`\`test({ ${text} })\``, world.test({ n: 200, ...shift }).examples, world.entropyFloor(shift)),
    ),
    "",
    `![${name}](${name}.svg)`,
  ].join("\n");
}

/** A page's two files as they should be. */
export function pageOf(page: Page): { readonly markdown: string; readonly svg: string } {
  const text = readFileSync(join(FOLDER, `${page.name}.md`), "utf8");
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`${page.name}.md has no place for what is reckoned`);
  return {
    markdown: `${text.slice(0, before + BEGIN.length)}\n\n${reckoned(page)}\n\n${text.slice(after)}`,
    svg: `${svgChart(page.figure).toString()}\n`,
  };
}

if (process.argv[1] === import.meta.filename)
  for (const make of PAGES) {
    const page = make();
    const { markdown, svg } = pageOf(page);
    writeFileSync(join(FOLDER, `${page.name}.md`), markdown);
    writeFileSync(join(FOLDER, `${page.name}.svg`), svg);
  }
