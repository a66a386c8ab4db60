import { expect, test } from "vitest";
import { exp, log, normalQuantile } from "../../../lib/core/elementary.ts";
import { philox } from "../../../lib/core/philox.ts";
import { categorical, draw, fold, gumbel, integers, key, normal, permutation, uniform } from "../../../lib/core/rng.ts";

const hex = (words: Uint32Array) => Array.from(words, (w) => w.toString(16).padStart(8, "0")).join(" ");

test("Philox gives the three known answers of Random123 for ten rounds", () => {
  const out = new Uint32Array(4);
  const ones = 0xffffffff;
  philox(out, 0, 0, 0, 0, 0, 0);
  expect(hex(out)).toBe("6627e8d5 e169c58d bc57ac4c 9b00dbd8");
  philox(out, ones, ones, ones, ones, ones, ones);
  expect(hex(out)).toBe("408f276d 41c83b0e a20bc7c6 6d5451fd");
  philox(out, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0);
  expect(hex(out)).toBe("d16cfe09 94fdcceb 5001e420 24126ea1");
});

test("log, exp and the normal quantile agree with known values to 4e-16 relative", () => {
  for (let i = 1; i < 3000; i++) {
    const x = 2 ** -54 * 1.0127 ** i;
    expect(Math.abs(log(x) - Math.log(x))).toBeLessThanOrEqual(4e-16 * Math.max(1e-3, Math.abs(Math.log(x))) + 1e-18);
    const y = -700 + i / 3;
    expect(Math.abs(exp(y) / Math.exp(y) - 1)).toBeLessThanOrEqual(1e-15);
  }
  // statistics.NormalDist().inv_cdf of Python 3.11
  const known = [
    [5.551115123125783e-17, -8.292361075813595],
    [1e-12, -7.034483825301132],
    [1e-6, -4.753424308822899],
    [0.001, -3.090232306167813],
    [0.02425, -1.9729610513118845],
    [0.074, -1.4466320671589785],
    [0.076, -1.4325027208258114],
    [0.2, -0.8416212335729142],
    [0.4999, -0.0002506628300880075],
    [0.5, 0.0],
    [0.6, 0.2533471031357998],
    [0.925, 1.439531470938456],
    [0.975, 1.9599639845400536],
    [0.9999, 3.7190164854557084],
    [0.999999999999, 7.0344869100478356],
  ] as const;
  for (const [p, z] of known)
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThanOrEqual(4e-16 * Math.max(1e-3, Math.abs(z)));
});

test("keys are pinned: a change of the generator would change every published experiment", () => {
  expect([key(7), key("7"), fold(key(7), "layer", 3), key(-0)]).toEqual([
    [2834936986, 1077943984],
    [3659009112, 791148020],
    [1526933203, 2352294482],
    key(0),
  ]);
  expect(Array.from(uniform(key(7), 3))).toEqual([0.08667890435221581, 0.8934141984097733, 0.010010930184192635]);
  expect(Array.from(Float32Array.from(normal(key(7), 3)))).toEqual([
    -1.361493468284607, 1.24489164352417, -2.3259379863739014,
  ]);
});

test("fold separates: 40,000 derived keys are all different, and order and type matter", () => {
  const keys = new Set<string>();
  for (let i = 0; i < 20_000; i++) {
    keys.add(fold(key(1), i).join());
    keys.add(fold(key(1), String(i)).join());
  }
  expect(keys.size).toBe(40_000);
  expect(fold(key(1), "a", "b")).not.toEqual(fold(key(1), "b", "a"));
  expect(fold(key(1), "ab")).not.toEqual(fold(key(1), "a", "b"));
});

test("element i depends on the key and i alone", () => {
  expect(uniform(key(3), 5)).toEqual(uniform(key(3), 1000).slice(0, 5));
  const one = draw(key(3));
  expect(Array.from({ length: 5 }, () => one.uniform())).toEqual(Array.from(uniform(key(3), 5)));
});

// Statistical tests run on fixed keys, so they either always pass or always fail; each would reject a true generator
// for one seed in 10,000 (alpha = 1e-4), the figure that makes a pass mean something.
const SAMPLES = 200_000;

/** Chi-square statistic of counts against equal expectations. */
function chiSquare(counts: ArrayLike<number>, expected: (i: number) => number): number {
  return Array.from(counts).reduce((sum, c, i) => sum + (c - expected(i)) ** 2 / expected(i), 0);
}
/** Upper 1e-4 quantile of chi-square by Wilson and Hilferty. */
function chiSquareLimit(df: number): number {
  return df * (1 - 2 / (9 * df) + 3.719 * Math.sqrt(2 / (9 * df))) ** 3;
}
function ksStatistic(sample: Float64Array, cdf: (x: number) => number): number {
  const sorted = sample.slice().sort();
  return sorted.reduce((d, x, i) => Math.max(d, cdf(x) - i / sorted.length, (i + 1) / sorted.length - cdf(x)), 0);
}
const KS_LIMIT = 2.2253 / Math.sqrt(SAMPLES); // Kolmogorov: 2 exp(-2 x^2) = 1e-4

test("uniform: Kolmogorov-Smirnov and serial pairs pass at a false-alarm rate of 1e-4", () => {
  const u = uniform(key("uniform"), SAMPLES);
  expect(ksStatistic(u, (x) => x)).toBeLessThan(KS_LIMIT);
  const pairs = new Float64Array(1024);
  for (let i = 0; i < SAMPLES; i += 2) {
    const cell = Math.floor((u[i] ?? 0) * 32) * 32 + Math.floor((u[i + 1] ?? 0) * 32);
    pairs[cell] = (pairs[cell] ?? 0) + 1;
  }
  expect(chiSquare(pairs, () => SAMPLES / 2 / 1024)).toBeLessThan(chiSquareLimit(1023));
  // neighbouring keys are independent too: first numbers of 2^14 successive seeds
  const bins = new Float64Array(64);
  for (let seed = 0; seed < 2 ** 14; seed++) {
    const bin = Math.floor((uniform(key(seed), 1)[0] ?? 0) * 64);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  expect(chiSquare(bins, () => 2 ** 14 / 64)).toBeLessThan(chiSquareLimit(63));
});

test("normal: mean, variance and Kolmogorov-Smirnov on the probability scale pass at 1e-4", () => {
  const z = normal(key("normal"), SAMPLES);
  const mean = z.reduce((a, b) => a + b, 0) / SAMPLES;
  const variance = z.reduce((a, b) => a + (b - mean) ** 2, 0) / SAMPLES;
  expect(Math.abs(mean)).toBeLessThan(3.891 / Math.sqrt(SAMPLES));
  expect(Math.abs(variance - 1)).toBeLessThan(3.891 * Math.sqrt(2 / SAMPLES));
  // P(Z <= z) by the logistic-free series of the error function
  const cdf = (x: number) => {
    let term = x;
    let sum = x;
    for (let i = 1; i < 200; i++) {
      term *= (x * x) / (2 * i + 1);
      sum += term;
    }
    return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
  };
  expect(ksStatistic(z, cdf)).toBeLessThan(KS_LIMIT);
});

test("integers, permutation, categorical, gumbel and Dirichlet have the distributions they claim (chi-square and z at 1e-4)", () => {
  const dice = new Float64Array(6);
  for (const face of integers(key("dice"), 60_000, 6)) dice[face] = (dice[face] ?? 0) + 1;
  expect(chiSquare(dice, () => 10_000)).toBeLessThan(chiSquareLimit(5));

  const orders = new Map<string, number>();
  const weighted = new Float64Array(3);
  const byGumbel = new Float64Array(3);
  for (let i = 0; i < 24_000; i++) {
    const order = permutation(fold(key("orders"), i), 4).join("");
    orders.set(order, (orders.get(order) ?? 0) + 1);
    const drawn = categorical(fold(key("weights"), i), [1, 0, 3]);
    weighted[drawn] = (weighted[drawn] ?? 0) + 1;
    const scores = gumbel(fold(key("gumbel"), i), 3).map((g, j) => g + Math.log([0.2, 0.3, 0.5][j] ?? 0));
    const best = scores.indexOf(Math.max(...scores));
    byGumbel[best] = (byGumbel[best] ?? 0) + 1;
  }
  expect(orders.size).toBe(24);
  expect(chiSquare([...orders.values()], () => 1000)).toBeLessThan(chiSquareLimit(23));
  expect(weighted[1]).toBe(0);
  expect(chiSquare([weighted[0] ?? 0, weighted[2] ?? 0], (i) => [6000, 18_000][i] ?? 0)).toBeLessThan(
    chiSquareLimit(1) + 1,
  );
  expect(chiSquare(byGumbel, (i) => [4800, 7200, 12_000][i] ?? 0)).toBeLessThan(chiSquareLimit(2) + 1);

  const drawer = draw(key("dirichlet"));
  const alpha = 0.3;
  const size = 5;
  const points = Array.from({ length: 20_000 }, () => drawer.dirichlet(alpha, size));
  expect(points.every((p) => Math.abs(p.reduce((a, b) => a + b, 0) - 1) < 1e-12)).toBe(true);
  const first = points.map((p) => p[0] ?? 0);
  const mean = first.reduce((a, b) => a + b, 0) / first.length;
  const variance = first.reduce((a, b) => a + (b - mean) ** 2, 0) / first.length;
  const trueVariance = ((1 / size) * (1 - 1 / size)) / (size * alpha + 1);
  expect(Math.abs(mean - 1 / size)).toBeLessThan(3.891 * Math.sqrt(trueVariance / first.length));
  expect(Math.abs(variance / trueVariance - 1)).toBeLessThan(0.04);
  expect(draw(key(0)).dirichlet(1e-4, 50).every(Number.isFinite)).toBe(true);
});

test("a drawer's shuffle permutes and leaves its argument as it was", () => {
  const drawer = draw(key(1));
  const items = ["a", "b", "c", "d", "e"];
  expect(drawer.shuffle(items).sort()).toEqual(items);
  expect(items.join("")).toBe("abcde");
  expect(drawer.shuffle(items)).not.toEqual(drawer.shuffle(drawer.shuffle(items)));
});
