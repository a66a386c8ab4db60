// Simulated experiments with a known truth: do intervals cover it as often as they say, do tests reject as rarely as they say?
// 2,000 experiments: an interval of true coverage 95 % is measured at 95 % +- 1 % (two standard errors). Resample indices are drawn once and
// used in all experiments; that is valid, they do not depend on the data, and keeps this cheap. What probes and evaluations show: coverage/.
import { expect, test } from "vitest";
import { drawResamples, pairedInterval, ratioInterval } from "../../../lib/eval/bootstrap.ts";
import { mcnemar } from "../../../lib/eval/mcnemar.ts";
import { passAtK } from "../../../lib/eval/passAtK.ts";
import { clusteredRate, wilson } from "../../../lib/eval/rate.ts";
import { signFlipTest } from "../../../lib/eval/signFlip.ts";
import { draw, fold, key } from "../../../lib/core/rng.ts";
import type { Drawer } from "../../../lib/core/rng.ts";

const EXPERIMENTS = 2000;
const RESAMPLES = 500;

function share(name: string, experiment: (drawer: Drawer) => boolean, experiments = EXPERIMENTS): number {
  let count = 0;
  for (let i = 0; i < experiments; i++) if (experiment(draw(fold(key(name), i)))) count += 1;
  return count / experiments;
}
const covers = ({ low, high }: { low: number; high: number }, truth: number) => low <= truth && truth <= high;
const many = <T>(n: number, make: (i: number) => T) => Array.from({ length: n }, (_, i) => make(i));
const ones = (n: number) => many(n, () => 1);
/** A problem's difficulty: many hard ones, some easy; mean 1/3. */
const difficulty = (drawer: Drawer) => drawer.uniform() ** 2;
const within = (value: number) => {
  expect(value).toBeGreaterThanOrEqual(0.93);
  expect(value).toBeLessThanOrEqual(0.97);
};

test("nominal 95 % intervals of accuracy over problems cover in 93-97 % of 2,000 experiments, with 25 and with 100 problems of 4 samples", () => {
  for (const problems of [25, 100]) {
    within(
      share(`accuracy ${problems}`, (drawer) => {
        const values = many(problems, () => {
          const p = difficulty(drawer);
          return many(4, () => (drawer.uniform() < p ? 1 : 0) as number).reduce((a, b) => a + b, 0) / 4;
        });
        return covers(clusteredRate(values, ones(problems)), 1 / 3);
      }),
    );
  }
});

test("nominal 95 % intervals of pass@4 from 8 samples cover in 93-97 %", () => {
  // 1 - E[(1 - u^2)^4] for u uniform
  const truth = 1 - 128 / 315;
  within(
    share("pass@k", (drawer) => {
      const values = many(60, () => {
        const p = difficulty(drawer);
        return passAtK(8, many(8, () => drawer.uniform() < p).filter(Boolean).length, 4);
      });
      return covers(clusteredRate(values, ones(60)), truth);
    }),
  );
});

test("clustered intervals cover in 93-97 % where intervals over single problems cover below 80 %", () => {
  let naive = 0;
  within(
    share("clusters", (drawer) => {
      // 40 templates, 5 problems each; problems of a template share their difficulty.
      const clusters = many(40, () => {
        const p = difficulty(drawer);
        return many(5, () => (drawer.uniform() < p ? 1 : 0) as number);
      });
      if (covers(clusteredRate(clusters.flat(), ones(200)), 1 / 3)) naive += 1;
      const totals = clusters.map((c) => c.reduce((a, b) => a + b, 0));
      return covers(
        clusteredRate(
          totals,
          totals.map(() => 5),
        ),
        1 / 3,
      );
    }),
  );
  expect(naive / EXPERIMENTS).toBeLessThan(0.8);
});

test("intervals of loss per token, a ratio of sums, cover in 93-97 %", () => {
  const resamples = drawResamples(key(4), 80, RESAMPLES);
  within(
    share("loss", (drawer) => {
      const tokens = many(80, () => 3 + drawer.integer(10));
      const nats = tokens.map((n) => many(n, () => -Math.log(1 - drawer.uniform())).reduce((a, b) => a + b, 0));
      return covers(ratioInterval(nats, tokens, resamples, 0.95), 1);
    }),
  );
});

test("Wilson intervals of a single rate cover in 93-97 % at 10 % and at 50 %, and 0 of n has a positive upper end", () => {
  for (const p of [0.1, 0.5]) {
    within(
      share(`wilson ${p}`, (drawer) =>
        covers(wilson(many(60, () => drawer.uniform() < p).filter(Boolean).length, 60), p),
      ),
    );
  }
  expect(wilson(0, 60).high).toBeGreaterThan(0.05);
});

test("without a difference, the paired tests reject in at most 5.5 % of 2,000 experiments; with one of 20 points they see it in most", () => {
  const resamples = drawResamples(key(5), 100, RESAMPLES);
  const experiment = (gain: number) => {
    let bootstrap = 0;
    const exact = share(`paired ${gain}`, (drawer) => {
      const pairs = many(100, () => {
        const p = difficulty(drawer) * (1 - gain);
        return [drawer.uniform() < p, drawer.uniform() < p + gain] as const;
      });
      const differences = pairs.map(([a, b]) => Number(b) - Number(a));
      if (!covers(pairedInterval(differences, ones(100), resamples, 0.95), 0)) bootstrap += 1;
      return (
        mcnemar(
          pairs.map(([a]) => a),
          pairs.map(([, b]) => b),
        ).p < 0.05
      );
    });
    return { exact, bootstrap: bootstrap / EXPERIMENTS };
  };
  const none = experiment(0);
  expect(none.exact).toBeLessThanOrEqual(0.055);
  expect(none.bootstrap).toBeLessThanOrEqual(0.055);
  const some = experiment(0.2);
  expect(some.exact).toBeGreaterThan(0.6);
  expect(some.bootstrap).toBeGreaterThan(0.6);
});

test("the sign-flip test on shares of 4 samples rejects in at most 5.5 % of 2,000 experiments without a difference, and sees one of 15 points in most", () => {
  const rejects = (gain: number, experiments: number) =>
    share(
      `flips ${gain}`,
      (drawer) => {
        const differences = many(40, () => {
          const p = difficulty(drawer) * (1 - gain);
          const right = (chance: number) => many(4, () => drawer.uniform() < chance).filter(Boolean).length / 4;
          return right(p + gain) - right(p);
        });
        return signFlipTest(differences, key(drawer.integer(2 ** 31))) < 0.05;
      },
      experiments,
    );
  expect(rejects(0, 2000)).toBeLessThanOrEqual(0.055);
  expect(rejects(0.15, 200)).toBeGreaterThan(0.6);
});
