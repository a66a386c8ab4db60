// Whether the intervals of every public function hold a known truth in 93 to 97 % of experiments, and tests of a true null reject in at most 5.5 %.
// BLANKSLATE_LONG=1 makes 2,000 of each; without it those that take milliseconds are made, 400 of each, which an interval of true coverage 95 %
// passes at 93-97 % as well with these keys. notebooks/intervals.md has the shares of the 2,000.
import { beforeAll, expect, test } from "vitest";
import { useEngine } from "../../../lib/tensor/backend.ts";
import { EVALUATION } from "../eval/coverage/evaluation.ts";
import { MODELS } from "../eval/coverage/models.ts";
import { PROBES } from "../eval/coverage/probes.ts";
import { heldShares, isAsSaid, type Simulation } from "../eval/coverage/simulation.ts";

const LONG = process.env["BLANKSLATE_LONG"] === "1";
const all: readonly Simulation[] = [...EVALUATION, ...PROBES, ...MODELS];
const chosen = all.filter(({ quick }) => LONG || quick !== undefined);

beforeAll(() => useEngine("wasm"));

test.each(chosen.map((s) => [s.of, s.what, s] as const))(
  "%s, %s: nominal 95 % intervals hold the truth in 93-97 %, p-values below 0.05 come in at most 5.5 %",
  async (_of, _what, simulation) => {
    for (const held of await heldShares(simulation, LONG ? 2000 : (simulation.quick as number))) {
      if (LONG) console.log(`${held.measure}: ${(100 * held.share).toFixed(1)} %`);
      expect(isAsSaid(simulation, held), `${held.measure}: ${held.share}`).toBe(true);
    }
  },
  3_600_000,
);
