// A grid of parameters: `-p rate '[1e-3,3e-3]' -p seed '[0,1]' --grid` is four runs, one after another, each on a kernel of its own and
// into files of its own. A parameter that is a list is an axis; any other is the same in every run. A list as a value: '[[1,2]]'.
import { fault } from "../../../lib/core/errors.ts";
import type { Parameters } from "./parameters.ts";
import { slug } from "./pictures/names.ts";

export interface GridPoint {
  readonly parameters: Parameters;
  /** For file names, e.g. "rate-0.001.seed-0". */
  readonly name: string;
  /** For people, e.g. "rate 0.001, seed 0". */
  readonly title: string;
}

/** More is a sweep, and wants machines. */
const MAX_POINTS = 1_000;

/**
 * @returns every combination; the last axis turns fastest
 * @throws GRID_EMPTY no parameter is a list, or a list is empty
 * @throws GRID_TOO_LARGE more than 1,000 combinations
 */
export function gridOf(parameters: Parameters): GridPoint[] {
  const axes = [...parameters].filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
  const empty = axes.find(([, values]) => values.length === 0);
  if (axes.length === 0 || empty) {
    const fact = empty ? `the list of ${empty[0]} is empty.` : "no parameter is a list.";
    throw fault("GRID_EMPTY", fact, "write -p rate '[1e-3,3e-3]' --grid.");
  }
  const size = axes.reduce((product, [, values]) => product * values.length, 1);
  if (size > MAX_POINTS) {
    throw fault("GRID_TOO_LARGE", `${size} combinations, at most ${MAX_POINTS} are run.`, "give shorter lists.");
  }
  const points = axes.reduce<[string, unknown][][]>(
    (made, [name, values]) =>
      made.flatMap((point) => values.map((value) => [...point, [name, value] as [string, unknown]])),
    [[]],
  );
  const names = points.map((point) => point.map(([name, value]) => `${name}-${valueName(value)}`).join("."));
  return points.map((point, i) => ({
    parameters: new Map([...parameters, ...point]),
    // Two values that look alike in a file name ("a b", "a-b") are told apart by their place.
    name:
      names.indexOf(names[i] ?? "") === i && names.lastIndexOf(names[i] ?? "") === i
        ? (names[i] ?? "")
        : `${names[i]}.${i + 1}`,
    title: point
      .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`)
      .join(", "),
  }));
}

const valueName = (value: unknown): string =>
  typeof value === "number" ? String(value) : slug(typeof value === "string" ? value : JSON.stringify(value));
