// What is told of an option that is none, or of a value that an option cannot have.
import { describe, expect, test } from "vitest";
import {
  above,
  atLeast,
  checkOptions,
  flag,
  nullable,
  oneOf,
  required,
  seed,
  shaped,
  text,
  texts,
  whole,
  within,
} from "../../../lib/core/options.ts";

const RULES = {
  steps: required(whole(1)),
  batch: whole(1),
  learningRate: atLeast(0),
  minLearningRate: atLeast(0),
  maxNewTokens: whole(1),
  schedule: oneOf("constant", "cosine"),
  clip: above(0),
  share: within(0, 1),
  pack: flag,
  seed,
  stop: texts,
  checkpoint: nullable(shaped<{ folder: string; every: number }>({ folder: required(text), every: whole(1) })),
};
const failure = (given: unknown) => {
  try {
    return checkOptions("train", given as object, RULES);
  } catch (error) {
    const { code, fact, hint } = error as { code: string; fact: string; hint: string };
    return `${code}: ${fact} ${hint}`;
  }
};

test.each([
  ["learningrate", "learningRate"],
  ["learning_rate", "learningRate"],
  ["lr", "learningRate"],
  ["step", "steps"],
  ["batchSize", "batch"],
  ["chekpoint", "checkpoint"],
  ["maxTokens", "maxNewTokens"],
  ["max_new_tokens", "maxNewTokens"],
])("%s is none: %s is meant, perhaps", (name, meant) => {
  expect(failure({ steps: 1, [name]: 1 })).toContain(
    `OPTION_UNKNOWN: train has no option called "${name}". ${meant} is meant, perhaps; train has steps, batch, `,
  );
});

test("a name that is near none is answered with all names, inherited ones and those inside too", () => {
  for (const name of ["xyz", "constructor", "__proto__"])
    expect(failure(JSON.parse(`{"steps": 1, "${name}": 1}`)), name).toMatch(
      /^OPTION_UNKNOWN: train has no option called "\w+"\. train has steps, /u,
    );
  expect(failure({ steps: 1, checkpoint: { folder: "x", evry: 1 } })).toContain(
    'checkpoint has no option called "evry". every is meant, perhaps',
  );
});

describe("a value that is none says what it is and what it may be", () => {
  test.each([
    [{ steps: "10" }, 'steps of train is the text "10". it may be a whole number, at least 1'],
    [{ steps: 0 }, "steps of train is 0. it may be a whole number, at least 1"],
    [{ steps: 1.5 }, "steps of train is 1.5."],
    [{ steps: Number.NaN }, "steps of train is NaN."],
    [{ steps: null }, "steps of train is null."],
    [{ steps: Promise.resolve(1) }, "steps of train is a promise (write `await` before it)."],
    [{ steps: [1, 2] }, "steps of train is a list of 2."],
    [{ steps: 1, learningRate: -1 }, "learningRate of train is -1. it may be a number, at least 0"],
    [{ steps: 1, learningRate: Infinity }, "learningRate of train is Infinity."],
    [{ steps: 1, clip: 0 }, "clip of train is 0. it may be a number above 0"],
    [{ steps: 1, share: 1 }, "share of train is 1. it may be a number from 0 to below 1"],
    [{ steps: 1, schedule: "cosin" }, 'schedule of train is the text "cosin". it may be one of constant, cosine'],
    [{ steps: 1, pack: "no" }, 'pack of train is the text "no". it may be true or false'],
    [{ steps: 1, seed: {} }, "seed of train is an object. it may be a number or a text"],
    [{ steps: 1, stop: "a" }, 'stop of train is the text "a". it may be a list of texts'],
    [{ steps: 1, checkpoint: "x" }, 'checkpoint of train is the text "x". it may be { folder, every? }, or null'],
    [{ steps: 1, checkpoint: { folder: 5 } }, "folder of checkpoint is 5. it may be a text"],
  ])("%o", (given, said) => expect(failure(given)).toContain(`OPTION_INVALID: ${said}`));

  test("what is missing is said, with what it may be", () => {
    for (const given of [{}, undefined, { steps: undefined }])
      expect(failure(given)).toBe("OPTION_MISSING: train needs steps. steps: a whole number, at least 1");
    expect(failure({ steps: 1, checkpoint: {} })).toContain("OPTION_MISSING: checkpoint needs folder.");
    expect(failure(5)).toContain("OPTION_INVALID: the options of train are 5.");
  });
});

test("what is right comes back, without entries that are undefined", () => {
  const given = { steps: 3, batch: undefined, clip: Infinity, checkpoint: null, seed: "a", stop: [] };
  const { batch: _, ...kept } = given;
  expect(failure(given)).toEqual(kept);
  expect(Object.keys(failure(given) as object)).toEqual(Object.keys(kept));
});
