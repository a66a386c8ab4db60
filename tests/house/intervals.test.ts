import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { heldShares, isAsSaid } from "../lib/eval/coverage/simulation.ts";
import { EXPERIMENTS, PAGE, rowsOf, rowsOfPage, SIMULATIONS } from "./intervals.ts";

const ROOT = join(import.meta.dirname, "../..");

test("the page has every simulation, and each of its shares is within 93 to 97 %, or says why it is above, at most 5.5 % of a test", () => {
  const rows = rowsOfPage();
  for (const simulation of SIMULATIONS) {
    const start = `| ${simulation.of} | ${simulation.what} | `;
    const here = rows.filter((row) => row.startsWith(start));
    expect(here.length, start).toBeGreaterThan(0);
    for (const row of here) {
      const [measure, said] = row.slice(start.length).split(" | ") as [string, string];
      const share = Number.parseFloat(said) / 100;
      expect(isAsSaid(simulation, { measure, share }), row).toBe(true);
      expect(said.includes("("), row).toBe(simulation.why?.[measure] !== undefined);
    }
  }
  expect(rows.filter((row) => !SIMULATIONS.some((s) => row.startsWith(`| ${s.of} | ${s.what} | `)))).toEqual([]);
});

test("measured again, the quick ones are what the page says", async () => {
  const rows = rowsOfPage();
  for (const simulation of SIMULATIONS.filter(({ quick }) => quick === EXPERIMENTS))
    expect(rows).toEqual(expect.arrayContaining([...rowsOf(simulation, await heldShares(simulation, EXPERIMENTS))]));
});

test("every file of lib/eval and lib/probe that makes intervals is named in the page's list of methods", () => {
  const page = readFileSync(PAGE, "utf8");
  const makers = globSync("lib/{eval,probe}/*.ts", { cwd: ROOT })
    .filter((file) => !file.endsWith("eval/interval.ts"))
    .filter((file) =>
      /(percentile|ratio|paired)Interval\(|studentQuantile\(|drawResamples\(/u.test(
        readFileSync(join(ROOT, file), "utf8"),
      ),
    );
  expect(makers.length).toBeGreaterThan(7);
  for (const file of makers) expect(page, file).toContain(file.replace(/^lib\//u, ""));
});
