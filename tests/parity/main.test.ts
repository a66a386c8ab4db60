// The command `npm run parity`: it holds on the reference fixtures, and one wrong number in them makes it fail and say where.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPrivateTemporaryDirectory } from "../../lib/core/files.ts";
import { hasShared, sharedPath } from "../lib/fixtures.ts";

let folder: string;
beforeAll(async () => {
  folder = await createPrivateTemporaryDirectory("blankslate-test");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const parity = (...args: string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, "main.ts"), ...args], { encoding: "utf8" });

describe.skipIf(!hasShared)("npm run parity (skipped without ../shared)", () => {
  test("a reference off by 2e-9 is found: exit 1 and the place; the same file untouched holds: exit 0", async () => {
    const text = readFileSync(sharedPath("fixtures", "eval", "mcnemar.json"), "utf8");
    const changed = JSON.parse(text) as { cases: { mid_p: number }[] };
    const one = changed.cases[1] as { mid_p: number };
    await writeFile(join(folder, "mcnemar.json"), text);
    expect(parity(folder)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("All within tolerance.") as string,
    });
    one.mid_p *= 1 + 2e-9;
    await writeFile(join(folder, "mcnemar.json"), JSON.stringify(changed));
    await writeFile(join(folder, "README.md"), "what this is");
    const each = [join(folder, "README.md"), join(folder, "mcnemar.json")];
    for (const paths of [[folder], each])
      expect(parity(...paths)).toMatchObject({ status: 1, stdout: expect.stringContaining("FAILS") as string });
  });

  test("a small model holds on wasm; a folder without fixtures fails, also beside one that has some", () => {
    const model = parity("--engine", "wasm", sharedPath("fixtures", "models", "qwen2-bias-tied"));
    expect(model.stdout).toMatch(/greedy text .* holds/u);
    expect(model.status).toBe(0);
    const none = sharedPath("fixtures", "generators");
    expect(parity(none)).toMatchObject({ status: 1, stderr: expect.stringContaining("no fixture") as string });
    expect(parity(none, sharedPath("fixtures", "eval", "wilson.json")).status).toBe(1);
    expect(parity(join(folder, "nowhere")).status).toBe(1);
    expect(parity().status).toBe(2);
  });

  test("what cannot be read fails and says why, and the rest is compared all the same", async () => {
    const mixed = join(folder, "mixed");
    await mkdir(mixed);
    await writeFile(join(mixed, "mcnemar.json"), "{");
    await writeFile(join(mixed, "wilson.json"), readFileSync(sharedPath("fixtures", "eval", "wilson.json")));
    const { status, stdout } = parity(mixed);
    expect(status).toBe(1);
    expect(stdout).toMatch(/mcnemar\.json.*FAILS: SyntaxError/u);
    expect(stdout).toMatch(/wilson\.json.* holds/u);
  });
});
