import { expect, test } from "vitest";
import { CELL_SEED, cellPath, murmur2 } from "../../../kernel/execute/cell-path.ts";

test("a cell's path has the hash that ipykernel and JupyterLab give the same text", () => {
  // Reckoned by ipykernel's murmur2_x86 (ipykernel/compiler.py).
  expect(murmur2("hello", 0)).toBe(3848350155);
  expect(murmur2("dëbug ⏸ ok", CELL_SEED)).toBe(3578092135);
  expect(cellPath("/tmp/k/", "1 + 1")).toBe("/tmp/k/2359671083.ts");
});
