// Types as a real kernel has them.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { resultOf, type RunningKernel, sleep, startKernel, textOf } from "../running-kernel.ts";

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

/** Milliseconds of processor time that the kernel has used but for its executor: the wire process with the checker in it or beside it. */
function checkerMs(wire: number, executor: number): number {
  const processes = readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name) || name === String(executor)) return false;
    if (name === String(wire)) return true;
    try {
      return readFileSync(`/proc/${name}/stat`, "utf8").split(") ")[1]?.split(" ")[1] === String(wire);
    } catch {
      return false; // It has ended meanwhile.
    }
  });
  const threads = processes.flatMap((pid) =>
    readdirSync(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}`),
  );
  return threads.reduce((sum, task) => sum + Number(readFileSync(`${task}/schedstat`, "utf8").split(" ")[0]) / 1e6, 0);
}

test.skipIf(process.platform !== "linux")(
  "a cell that runs has the processor for itself; the checker reads ahead when it has ended",
  async () => {
    const { client, folder, process: wire } = await start();
    const executor = Number(resultOf((await client.execute("const pid: number = process.pid; pid", {}, 60_000)).iopub));
    const used = () => checkerMs(wire.pid ?? 0, executor);
    const over = join(folder, "over");
    const code = `const { existsSync } = await import("node:fs"); console.log("begun");
      while (!existsSync(${JSON.stringify(over)})) await new Promise((r) => setTimeout(r, 50))`;
    const id = await client.send("execute_request", { code });
    await client.until(() => textOf(client.of(id)) !== "");
    await sleep(400);
    const before = used();
    await sleep(2_400);
    expect(client.repliesTo(id)).toHaveLength(0);
    const during = used() - before;
    writeFileSync(over, "");
    await client.answerTo(id);
    const end = used();
    await expect.poll(() => used() - end, { timeout: 20_000 }).toBeGreaterThan(300);
    // Timers and the odd collection of garbage; its practice is 300 ms and more.
    expect(during).toBeLessThan(100);
  },
);
