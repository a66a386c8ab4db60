// How deep texts are nested.
import { expect, test } from "vitest";
import { MAX_DEPTH, tooDeepAt } from "../../../lib/core/depth.ts";

test("the first level too many is found at its place; strings, templates and comments are no levels", () => {
  for (const open of ["(", "[", "{", "`${"]) expect(tooDeepAt(open.repeat(MAX_DEPTH))).toBeUndefined();
  expect(tooDeepAt(`f(\n${"[".repeat(MAX_DEPTH + 5)}`)).toBe(3 + MAX_DEPTH - 1);
  expect(tooDeepAt("[1],".repeat(MAX_DEPTH * 20))).toBeUndefined();
  const text = ":( [ {".repeat(MAX_DEPTH * 2);
  for (const [before, after] of [
    ['"', '"'],
    ["'it\\'s ", "'"],
    ["`", "`"],
    ["// ", ""],
    ["/* \n", " */"],
  ] as const)
    expect(tooDeepAt(`${before}${text}${after}`), before).toBeUndefined();
});

test("rows of operators in one line are levels, over many lines they are none", () => {
  expect(tooDeepAt(`${"!".repeat(9 * MAX_DEPTH)}1`)).toBe(8 * MAX_DEPTH);
  expect(tooDeepAt("x => ".repeat(9 * MAX_DEPTH))).toBeDefined();
  expect(tooDeepAt("let a = -1 < 2 ? b : c\n".repeat(3 * MAX_DEPTH))).toBeUndefined();
});
