// Types as a real kernel has them.
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type RunningKernel, startKernel, textOf } from "../running-kernel.ts";

const kernels: RunningKernel[] = [];
async function start(env: NodeJS.ProcessEnv = {}): Promise<RunningKernel> {
  const kernel = await startKernel({ env });
  kernels.push(kernel);
  return kernel;
}
afterAll(() => Promise.all(kernels.map((kernel) => kernel.dispose())));

test(
  "the first cell may import the laboratory; one that misspells it does not start",
  { timeout: 60_000 },
  async () => {
    const { client } = await start();
    const wrong = await client.execute(
      'import { world } from "blankslate"\nconsole.log("ran"); world.stateMachin',
      {},
      60_000,
    );
    expect(wrong.reply).toMatchObject({ status: "error", ename: "TS2551" });
    expect(textOf(wrong.iopub)).toBe("");
    const right = await client.execute('import { world } from "blankslate"\ntypeof world.stateMachine', {}, 60_000);
    expect(right.reply).toMatchObject({ status: "ok" });
    expect(await client.works()).toBe(true);
  },
);

test("the user's settings say what type errors do until a cell says it", { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "blankslate-config-"));
  mkdirSync(join(folder, "blankslate"));
  writeFileSync(join(folder, "blankslate", "settings.json"), '{ "check": "warn" }');
  const { client } = await start({ XDG_CONFIG_HOME: folder });
  const cell = "const a: number = 'x'; console.log(a)";
  const warned = await client.execute(cell, {}, 60_000);
  expect(warned.reply).toMatchObject({ status: "ok" });
  expect(textOf(warned.iopub)).toBe("x\n");
  expect(textOf(warned.iopub, "stderr")).toContain("TS2322");
  await client.execute("%check error");
  expect((await client.execute(cell)).reply).toMatchObject({ status: "error", ename: "TS2322" });
  expect(await client.works()).toBe(true);
});

test("%load reaches the front end as the cell's new text", async () => {
  const { client } = kernels[0] ?? (await start());
  const file = join(mkdtempSync(join(tmpdir(), "blankslate-load-")), "cell.ts");
  writeFileSync(file, "const loaded = 1\n");
  const { reply } = await client.execute(`%load ${file}`);
  expect(reply["payload"]).toEqual([
    { source: "set_next_input", text: `// %load ${file}\nconst loaded = 1\n`, replace: true },
  ]);
  expect(await client.works()).toBe(true);
});
