// The page of measured coverage, notebooks/intervals.md: prose by hand, and between the marks how often each interval held a known truth in 2,000
// simulated experiments. `node kernel/node.mjs tests/house/intervals.ts` measures it all anew (an hour of one core); with words, only simulations
// whose functions and experiments contain them all, so that several processes can share the work. intervals.test.ts says when the page lacks one, or
// no longer is what is measured.
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

const percent = (value: number) => `${(100 * value).toFixed(1)} %`;

export const rowsOf = (simulation: Simulation, held: readonly Held[]): readonly string[] =>
  held.map(({ measure, share, stated }) => {
    const why = simulation.why?.[measure];
    const [here, ended] = [percent(share), percent(stated)];
    const among = ended === "100.0 %" ? "" : ` of the ${ended} that state ends`;
    return `${named(simulation, measure)} ${here}${among}${why === undefined ? "" : ` (${why})`} |`;
  });

/** Puts a simulation's rows at its place. Each is written as soon as it is measured, so that a run that is ended has done what it has done. */
function write(simulation: Simulation, rows: readonly string[]): void {
  const startOf = ({ of, what }: Simulation) => `| ${of} | ${what} | `;
  const known = rowsOfPage();
  const table = SIMULATIONS.flatMap((s) =>
    s === simulation ? rows : known.filter((row) => row.startsWith(startOf(s))),
  );
  const text = readFileSync(PAGE, "utf8");
  const head = ["| functions | experiment | interval or test | held, or rejected |", "| :-- | :-- | :-- | :-- |"];
  const [before, after] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
  writeFileSync(PAGE, `${text.slice(0, before)}\n\n${[...head, ...table].join("\n")}\n\n${text.slice(after)}`);
}

if (process.argv[1] === import.meta.filename) {
  await useEngine("wasm");
  const words = process.argv.slice(2);
  for (const simulation of SIMULATIONS) {
    if (!words.every((word) => `| ${simulation.of} | ${simulation.what} | `.includes(word))) continue;
    const rows = rowsOf(simulation, await heldShares(simulation, EXPERIMENTS));
    write(simulation, rows);
    console.log(rows.join("\n"));
  }
}
