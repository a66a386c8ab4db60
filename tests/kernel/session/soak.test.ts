// A long session in little: cells that print, fail, show, wait and are interrupted, with completions and hovers between them, on one
// kernel. BLANKSLATE_LONG=1 runs 5,000, the length that stands for two hours at the keyboard.
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { installKernelspec } from "../../../kernel/command/install.ts";
import type { JsonObject } from "../../../kernel/wire/schema.ts";
import { many, readAhead, resultOf, type RunningKernel, startKernel } from "../running-kernel.ts";

const CELLS = Number(process.env["BLANKSLATE_SOAK"] ?? many(1_000, 5_000));
/** Compilers, caches and histories fill up first. */
const WARM_UP = 500;
const MOST_GROWTH = 1.1;
const EVERY = 20;

let kernel: RunningKernel;
beforeAll(async () => {
  // As users have it: the checker a process of its own.
  await installKernelspec({ prefix: await mkdtemp(join(tmpdir(), "blankslate-soak-")) });
  kernel = await startKernel();
});
afterAll(() => kernel.dispose());

interface Usage {
  readonly cell: number;
  readonly wireMb: number;
  readonly executorMb: number;
  /** Of the process that knows types. */
  readonly languageMb: number;
  readonly wireFiles: number;
  readonly executorFiles: number;
}

function megabytes(pid: number): number {
  const kilobytes = /^Rss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
  return Number(kilobytes) / 1024;
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    (readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").match(/\d+/g) ?? []).map(Number),
  );
}

const files = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

test.skipIf(process.platform !== "linux")(
  `${CELLS} cells with output, errors, interrupts and completions: memory grows by 10 % at most after the first ${WARM_UP}, no descriptor is leaked, every request is answered once`,
  async () => {
    const { client } = kernel;
    const wire = kernel.process.pid ?? 0;
    const executor = Number(resultOf((await client.execute("process.pid")).iopub));
    const sent: string[] = [];
    const ask = async (type: string, content: JsonObject) => {
      const id = await client.send(type, content);
      sent.push(id);
      return id;
    };
    const run = async (code: string, more: JsonObject = {}) =>
      (await client.answerTo(await ask("execute_request", { code, ...more }), 60_000)).reply;

    const kinds: ((i: number) => Promise<unknown>)[] = [
      (i) => run(`for (let n = 0; n < 200; n++) console.log("line", n, ${i})`),
      async (i) =>
        expect((await run(`null as never as { x: number }; throw new RangeError("${i}")`))["ename"]).toBe("RangeError"),
      (i) => run(`const row = { step: ${i}, loss: Math.exp(-${i}) }; row`),
      async () => {
        const id = await ask("execute_request", { code: "while (true) {}" });
        await client.until(() => client.of(id).some((m) => m.header.msg_type === "execute_input"));
        await client.request("interrupt_request", {}, "control");
        const { reply } = await client.answerTo(id, 60_000);
        expect(reply["ename"], `${String(reply["evalue"])} ${kernel.log()}`).toBe("Interrupted");
      },
      async () => client.answerTo(await ask("complete_request", { code: "row.", cursor_pos: 4 })),
      (i) => run(`display.html("<b>${i}</b>", { displayId: "one" })`),
      (i) => run(`await new Promise((resolve) => setTimeout(resolve, 1)); ${i}`),
      async () => client.answerTo(await ask("inspect_request", { code: "parseInt", cursor_pos: 8, detail_level: 0 })),
      async () => expect((await run("row.nothing"))["ename"]).toBe("TS2339"),
      (i) => run(`[1, 2, 3].map((n) => n * ${i})`, { user_expressions: { a: "row.step" } }),
    ];
    await readAhead(client);
    const usages: Usage[] = [];
    for (let i = 0; i < CELLS; i++) {
      await kinds[i % kinds.length]!(i);
      if (i % EVERY !== EVERY - 1) continue;
      const helpers = childrenOf(wire).filter((pid) => pid !== executor);
      const languageMb = helpers.reduce((sum, pid) => sum + megabytes(pid), 0);
      const mb = { wireMb: megabytes(wire), executorMb: megabytes(executor), languageMb };
      usages.push({ cell: i + 1, ...mb, wireFiles: files(wire), executorFiles: files(executor) });
    }

    const replies = sent.map((id) => client.repliesTo(id).length);
    expect(replies).toEqual(sent.map(() => 1));
    const idles = sent.map((id) => client.of(id).filter((m) => m.content["execution_state"] === "idle").length);
    expect(idles).toEqual(sent.map(() => 1));

    // The garbage of a moment is no growth: medians of windows are compared.
    const window = Math.max(6, Math.floor(usages.length / 10));
    const after = usages.findIndex((u) => u.cell >= WARM_UP);
    const [early, late] = [usages.slice(after, after + window), usages.slice(-window)];
    const median = (list: readonly Usage[], key: keyof Usage) =>
      list.map((u) => u[key]).toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN;
    const most = (list: readonly Usage[], key: keyof Usage) => Math.max(...list.map((u) => u[key]));
    if (CELLS > 1_000) console.table(usages.filter((_, i) => i % Math.ceil(usages.length / 20) === 0));
    expect(median(early, "languageMb")).toBeGreaterThan(0);
    for (const key of ["wireMb", "executorMb", "languageMb"] as const)
      expect(median(late, key), key).toBeLessThanOrEqual(median(early, key) * MOST_GROWTH);
    for (const key of ["wireFiles", "executorFiles"] as const)
      expect(most(late, key)).toBeLessThanOrEqual(most(early, key));
    expect(Number(resultOf((await client.execute("process.pid")).iopub))).toBe(executor);
    expect(await client.works()).toBe(true);
  },
  3_600_000,
);
