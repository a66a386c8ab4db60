// The page of measured coverage, notebooks/intervals.md: prose by hand, and between the marks how often each interval held a known truth in 2,000
// simulated experiments. `node kernel/node.mjs tests/house/intervals.ts` measures it all anew (an hour of one core); with words, only simulations
// whose functions or experiments contain them. intervals.test.ts says when the page lacks one, or no longer is what is measured.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EVALUATION } from "../lib/eval/coverage/evaluation.ts";
import { MODELS } from "../lib/eval/coverage/models.ts";
import { PROBES } from "../lib/eval/coverage/probes.ts";
import { type Held, heldShares, type Simulation } from "../lib/eval/coverage/simulation.ts";
import { useEngine } from "../../lib/tensor/backend.ts";

export const SIMULATIONS: readonly Simulation[] = [...EVALUATION, ...PROBES, ...MODELS];
export const EXPERIMENTS = 2000;
export const PAGE = join(import.meta.dirname, "../../notebooks/intervals.md");
const BEGIN = "<!-- measured -->";
const END = "<!-- /measured -->";

/** A table's row, without the share. */
const named = ({ of, what }: Simulation, measure: string) => `| ${of} | ${what} | ${measure} |`;

/** What the page says. */
export function rowsOfPage(): readonly string[] {
  const text = readFileSync(PAGE, "utf8");
  const lines = text.slice(text.indexOf(BEGIN), text.indexOf(END)).split("\n");
  return lines.filter((line) => line.startsWith("| ")).slice(2);
}

export const rowsOf = (simulation: Simulation, held: readonly Held[]): readonly string[] =>
  held.map(({ measure, share }) => {
    const why = simulation.why?.[measure];
    return `${named(simulation, measure)} ${(100 * share).toFixed(1)} %${why === undefined ? "" : ` (${why})`} |`;
  });

if (process.argv[1] === import.meta.filename) {
  await useEngine("wasm");
  const words = process.argv.slice(2);
  const known = rowsOfPage();
  const rows: string[] = [];
  for (const simulation of SIMULATIONS) {
    const start = `| ${simulation.of} | ${simulation.what} | `;
    const isAsked = words.every((word) => start.includes(word));
    rows.push(
      ...(isAsked
        ? rowsOf(simulation, await heldShares(simulation, EXPERIMENTS))
        : known.filter((row) => row.startsWith(start))),
    );
    if (isAsked) console.log(rows.at(-1));
  }
  const text = readFileSync(PAGE, "utf8");
  const table = [
    "| functions | experiment | interval or test | held, or rejected |",
    "| :-- | :-- | :-- | :-- |",
    ...rows,
  ];
  const [before, after] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
  writeFileSync(PAGE, `${text.slice(0, before)}\n\n${table.join("\n")}\n\n${text.slice(after)}`);
}
