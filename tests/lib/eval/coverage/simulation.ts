// Experiments with a known truth: how often do intervals hold it, how rarely do tests reject what is true? A list of them makes notebooks/intervals.md.
import type { Drawer } from "../../../../lib/core/rng.ts";
import { draw, fold, key } from "../../../../lib/core/rng.ts";

/** Of each measure of one experiment: whether its interval held the truth, or whether its test rejected; undefined where the interval states no ends. */
export type Outcome = Readonly<Record<string, boolean | undefined>>;

export interface Simulation {
  /** Public functions whose intervals these are. */
  readonly of: string;
  /** What is asked, of how many, in words. */
  readonly what: string;
  /** Prepares the truth; then makes one experiment at a time. */
  readonly make: () => Experiment | Promise<Experiment>;
  /** Measures that are tests of a true null: the share of rejections at 5 %. */
  readonly tests?: readonly string[];
  /** Experiments that a quick run makes; without it none. */
  readonly quick?: number;
  /** Measures that are above 97 %, and why; none may be below 93. */
  readonly why?: Readonly<Record<string, string>>;
}
export type Experiment = (drawer: Drawer, i: number) => Outcome | Promise<Outcome>;

export interface Held {
  readonly measure: string;
  /** Among the experiments whose interval states its ends. */
  readonly share: number;
  /** Of all experiments: those. */
  readonly stated: number;
}

/** @returns of each measure the share of experiments in which it held, or rejected */
export async function heldShares({ of, what, make }: Simulation, experiments: number): Promise<readonly Held[]> {
  const experiment = await make();
  const counts = new Map<string, { held: number; stated: number }>();
  const root = fold(key("coverage"), of, what);
  for (let i = 0; i < experiments; i++)
    for (const [measure, outcome] of Object.entries(await experiment(draw(fold(root, i)), i))) {
      const { held, stated } = counts.get(measure) ?? { held: 0, stated: 0 };
      counts.set(measure, { held: held + Number(outcome === true), stated: stated + Number(outcome !== undefined) });
    }
  return Array.from(counts, ([measure, { held, stated }]) => ({
    measure,
    share: held / stated,
    stated: stated / experiments,
  }));
}

/** Whether a share is within 93 to 97 %, or above and said why; at most 5.5 % of a test. */
export const isAsSaid = ({ tests, why }: Simulation, { measure, share }: Pick<Held, "measure" | "share">): boolean =>
  tests?.includes(measure) ? share <= 0.055 : share >= 0.93 && (share <= 0.97 || why?.[measure] !== undefined);

/** @returns undefined where no ends are stated */
export const covers = (
  { low, high }: { readonly low: number; readonly high: number },
  truth: number,
): boolean | undefined => (Number.isNaN(low) || Number.isNaN(high) ? undefined : low <= truth && truth <= high);
/** An interval that was not given. */
export const NONE = { low: Number.NaN, high: Number.NaN };
export const many = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));
export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** The first number is the seed of draws that make a truth. */
export const truthOf = (name: string, n: number, draws: (drawer: Drawer) => number): number => {
  const drawer = draw(key(`truth of ${name}`));
  return mean(many(n, () => draws(drawer)));
};
