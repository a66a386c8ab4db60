// Of the benchmark's repeated sections: a figure is the median, and a kernel that failed once has failed.
import { expect, test } from "vitest";
import { typical } from "./typical.ts";

const run = (ms: number | null, kept: boolean, errors = {}) => ({
  kernel: "one",
  errors,
  stop: { ms, kept, text: `after ${ms}` },
});

test("figures are medians, also where only the first run has a section", () => {
  expect(typical([{ ...run(9, true), start: { n: 5 } }, run(2, true), run(3, true)])).toEqual({
    ...run(3, true),
    stop: { ms: 3, kept: true, text: "after 9" },
    start: { n: 5 },
  });
});

test("what failed once has failed", () => {
  expect(typical([run(9, true), run(null, true), run(3, false, { stop: "no reply" })])).toMatchObject({
    errors: { stop: "no reply" },
    stop: { ms: null, kept: false },
  });
});
