import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chromiumPath } from "../../browser/chromium.ts";
import { blankslate, freshFolder } from "./blankslate.ts";

test("new writes a notebook that trains, evaluates and draws as it stands, and never overwrites one", async () => {
  const cwd = freshFolder();
  const written = await blankslate(["new", "study"], { cwd });
  expect([written.code, written.out]).toEqual([0, expect.stringContaining("study.ipynb")]);
  const throughNpx = await blankslate(["new", "other"], { cwd, env: { npm_command: "exec" } });
  expect(throughNpx.out).toContain("npx blankslate lab");
  const again = await blankslate(["new", "study.ipynb"], { cwd });
  expect([again.code, again.err]).toEqual([1, expect.stringContaining("FILE_EXISTS")]);
  const browser = chromiumPath() === undefined ? [] : ["--pdf"];
  const ran = await blankslate(["run", "study.ipynb", "-p", "steps", "2", "--html", ...browser], { cwd });
  expect(ran.code, ran.out).toBe(0);
  expect(readFileSync(join(cwd, "study.executed.html"), "utf8")).toContain("<title>A first experiment</title>");
  if (browser.length > 0) expect(readFileSync(join(cwd, "study.executed.pdf")).subarray(0, 5).toString()).toBe("%PDF-");
  expect(existsSync(join(cwd, "study.ipynb"))).toBe(true);
}, 180_000);
