// Packs: a kernel that starts from them does what one does that starts from the sources.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { makePacks } from "../../../kernel/command/pack.ts";
import { compilePack } from "../../../kernel/command/pack-starter.ts";
import { packFolder } from "../../../kernel/packed.mjs";
import type { JsonObject } from "../../../kernel/wire/schema.ts";
import { resultOf, type RunningKernel, sleep, startKernel, textOf } from "../running-kernel.ts";
import { FrontEnd } from "../session/debug/front-end.ts";
import { freshFolder } from "./blankslate.ts";

/** By then a process would have kept what V8 had to compile (pack.ts). */
const KEPT_AFTER_MS = 4_000;

const cache = freshFolder();
let packs: string;
let notebook: string;
/** Types are asked for once: each kernel's own checker takes seconds to come up. */
const start = (env: NodeJS.ProcessEnv) => startKernel({ cwd: notebook, env: { ...env, XDG_CONFIG_HOME: notebook } });
const running: RunningKernel[] = [];

beforeAll(async () => {
  vi.stubEnv("BLANKSLATE_CACHE", cache);
  packs = packFolder();
  await makePacks();
  vi.unstubAllEnvs();
  notebook = freshFolder();
  mkdirSync(join(notebook, "blankslate"));
  writeFileSync(join(notebook, "blankslate", "settings.json"), '{ "check": "off" }');
  writeFileSync(join(notebook, "helper.ts"), "export let count: number = 1; export const add = () => { count += 1; };");
  running.push(await start({ BLANKSLATE_CACHE: cache }), await start({ BLANKSLATE_CACHE: freshFolder() }));
});
afterAll(async () => {
  for (const kernel of running) await kernel.dispose();
});

const CELLS: readonly string[] = [
  "const twice = (n: number) => n * 2; twice(21)",
  "function deep(n: number): number { if (n === 0) throw new RangeError('deep'); return deep(n - 1); }\n\ndeep(3)",
  "null as never as { a: { b: 1 } }\n(undefined as any).x.y",
  "%traceback full",
  "deep(2)",
  "new Error('kept').stack",
  "let x = ;",
  "import { count, add } from './helper.ts'; add(); count",
  "function mark(_: unknown, context: { name: unknown }) { console.log(context.name); }\nclass Marked { @mark method() {} }\nMarked.name",
  "import { Output } from 'blankslate/widgets'; const out = new Output(); out.capture(() => console.log('caught')); 'after'",
  "import * as tslab from 'tslab'; tslab.display.html('<b>1</b>')",
  "%%writefile made.txt\nline",
  "require('node:fs').readFileSync('made.txt', 'utf8')",
  "import { parseSync } from 'oxc-parser'; typeof parseSync",
  "await import('./missing.ts')",
  "display({ [Symbol.for('Jupyter.display')]() { throw new Error('no display'); } })",
  "for await (const n of [1, 2]) console.log(n);\nconsole.error('red')",
  "Promise.reject(new Error('nobody awaits')); await new Promise((r) => setTimeout(r, 20)); 1",
  "import.meta.resolve('./helper.ts').endsWith('helper.ts')",
];

/** What a client sees of a cell, without what differs between any two kernels. */
async function seen({ client }: RunningKernel, code: string) {
  const { reply, iopub } = await client.execute(code);
  const shown = iopub.map(({ header, content }) => [header.msg_type, content]);
  const text = JSON.stringify([
    reply,
    shown.filter(([type]) => type !== "stream"),
    textOf(iopub),
    textOf(iopub, "stderr"),
  ]);
  // A full traceback names the functions of Node that import for a script, which a pack is, or for a module.
  const alike = text.replaceAll(/importModuleDynamically\w+ node:[\w/:]+/gi, "NODE");
  return JSON.parse(alike.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}/g, "ID")) as unknown;
}

test("a kernel from its packs answers every cell as one from the sources does: values, errors with their places, imports, widgets", async () => {
  const [packed, plain] = running as [RunningKernel, RunningKernel];
  const program = async ({ client }: RunningKernel) => resultOf((await client.execute("process.argv[1]")).iopub);
  expect(await program(packed)).toBe(`'${join(packs, "executor.mjs")}'`);
  expect(await program(plain)).toMatch(/main\.ts'$/);
  for (const code of CELLS) expect(await seen(packed, code), code).toEqual(await seen(plain, code));
  const ask = (type: string, content: JsonObject) =>
    running.map(async ({ client }) => (await client.request(type, content, "shell", 60_000)).reply);
  for (const [type, content] of [
    ["kernel_info_request", {}],
    ["complete_request", { code: "twic", cursor_pos: 4 }],
    ["inspect_request", { code: "twice", cursor_pos: 3, detail_level: 0 }],
    ["is_complete_request", { code: "if (x) {" }],
    ["history_request", { hist_access_type: "tail", n: 3, output: false, raw: true }],
  ] as const) {
    const [one, other] = await Promise.all(ask(type, content));
    expect(one, type).toEqual(other);
  }
});

test("a packed cell in a loop is interrupted, and its variables stay", async () => {
  const { client } = running[0]!;
  const id = await client.send("execute_request", { code: "while (true) {}" });
  await client.until(() => client.of(id).some((m) => m.header.msg_type === "execute_input"));
  await client.request("interrupt_request", {}, "control");
  expect((await client.answerTo(id)).reply["ename"]).toBe("Interrupted");
  expect(resultOf((await client.execute("twice(4)")).iopub)).toBe("8");
});

test("a packed cell stops at a breakpoint and steps past the kernel", async () => {
  const debug = new FrontEnd(running[0]!.client);
  await debug.attach();
  const code = "const doubled = [1, 2].map(twice);\nconsole.log(doubled);\ndoubled.length";
  await debug.breakAt(code, 2);
  const id = await debug.client.send("execute_request", { code });
  await debug.event("stopped");
  await debug.ask("stepIn");
  await debug.event("stopped");
  expect(await debug.where()).toEqual([expect.stringMatching(/^In\[\d+\]:3$/)]);
  await debug.ask("disconnect");
  expect(resultOf((await debug.client.answerTo(id)).iopub)).toBe("2");
});

const caches = () => readdirSync(packs).filter((name) => name.endsWith(".cache"));
const madeAt = () => caches().map((name) => [name, statSync(join(packs, name)).mtimeMs]);

test("V8 takes what the packs bring compiled; what it does not take is replaced", async () => {
  const before = madeAt();
  expect(before.map(([name]) => String(name).split("-")[0])).toEqual(["executor", "kernel", "watchdog"]);
  const all = Promise.all(caches().map((name) => readFile(join(packs, name))));
  for (const bytes of await all) expect(bytes.byteLength).toBeGreaterThan(100_000);
  const another = await start({ BLANKSLATE_CACHE: cache });
  running.push(another);
  await sleep(KEPT_AFTER_MS);
  expect(madeAt()).toEqual(before);

  const [executor] = caches() as [string];
  writeFileSync(join(packs, executor), "not what V8 compiled");
  const mended = await start({ BLANKSLATE_CACHE: cache });
  running.push(mended);
  expect(resultOf((await mended.client.execute("process.argv[1]")).iopub)).toBe(`'${join(packs, "executor.mjs")}'`);
  await vi.waitFor(() => expect(statSync(join(packs, executor)).size).toBeGreaterThan(100_000), { timeout: 20_000 });
});

test("a pack that cannot be compiled says why", async () => {
  vi.stubEnv("BLANKSLATE_CACHE", freshFolder());
  await expect(compilePack("kernel", "not there")).rejects.toMatchObject({
    code: "PACK_NOT_COMPILED",
    fact: expect.stringContaining("ENOENT") as string,
  });
  vi.unstubAllEnvs();
});

test("packs that are gone, or older than a source, are not used: the next process starts from the sources", async () => {
  const [{ client }] = running as [RunningKernel];
  const file = join(packs, "sources.json");
  const states = JSON.parse(readFileSync(file, "utf8")) as [string, string][];
  writeFileSync(file, JSON.stringify(states.map(([name], i) => [name, i === 7 ? "1 1" : states[i]![1]])));
  const changed = await start({ BLANKSLATE_CACHE: cache });
  running.push(changed);
  expect(resultOf((await changed.client.execute("process.argv[1]")).iopub)).toMatch(/main\.ts'$/);
  rmSync(packs, { recursive: true });
  await client.execute("process.exit(3)");
  expect(resultOf((await client.execute("process.argv[1]")).iopub)).toMatch(/main\.ts'$/);
  expect(await client.works()).toBe(true);
});
