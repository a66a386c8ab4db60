// Cells that run without asking the type checker.
import { array, assert, constantFrom, property } from "fast-check";
import { expect, test } from "vitest";
import { isPlain } from "../../../kernel/language/plain.ts";
import { diagnose } from "../../../kernel/language/diagnostics.ts";
import { createNotebook } from "../../../kernel/language/notebook.ts";
import { newPlaces } from "./places.ts";

test("of 300 random texts near the border, no plain one has an error", { timeout: 60_000 }, () => {
  const notebook = createNotebook(newPlaces());
  const piece = constantFrom(
    "1",
    "0",
    "07",
    "42",
    "3.14",
    " ",
    "+",
    "-",
    "*",
    "/",
    "%",
    "**",
    "(",
    ")",
    '"a"',
    "'b'",
    ";",
    "\n",
    "x",
    "1n",
  );
  const text = array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(""));
  let plain = 0;
  assert(
    property(text, (code) => {
      if (!isPlain(code)) return;
      plain++;
      expect(diagnose(notebook, code)).toEqual([]);
      notebook.remember(code);
      expect(notebook.known.size).toBe(0);
    }),
    { numRuns: 300, seed: 7 },
  );
  expect(plain).toBeGreaterThan(20);
  expect(["0+1", "1000 + 1", "2 * 21;", '"text"'].map(isPlain)).toEqual([true, true, true, true]);
  expect(["x", "1 < 2", "1n + 1", "08", "5\n%time", "'a' * 2", ""].map(isPlain).some(Boolean)).toBe(false);
});
