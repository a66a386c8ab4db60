// What magics do, in a real executor.
import { mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ExecutorProcess } from "./process.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "blankslate-magics-")));
let executor: ExecutorProcess;
beforeAll(async () => {
  executor = await ExecutorProcess.start(folder);
});
afterAll(() => executor.stop());

test("%time gives the value and says how long it took; a statement's names stay", async () => {
  const timed = await executor.run("%time await new Promise((r) => setTimeout(() => r(42), 30))");
  expect(timed.text).toBe("42");
  expect(timed.stdout).toMatch(/^time: \d+(\.\d+)? ms, CPU /);
  expect((await executor.run("%time const kept = 5")).stdout).toMatch(/^time: /);
  expect((await executor.run("kept")).text).toBe("5");
});

test("%%time times the whole cell and keeps its result, also when it fails", async () => {
  const timed = await executor.run("%%time\nconst a = 1\na + 1");
  expect([timed.text, timed.stdout.startsWith("time: ")]).toEqual(["2", true]);
  const failed = await executor.run("%%time\nthrow new Error('no')");
  expect([failed.error?.evalue, failed.stdout.startsWith("time: ")]).toEqual(["no", true]);
});

test("%timeit gives a median per call", async () => {
  expect((await executor.run("%timeit 1 + 1")).stdout).toMatch(/ per call \(median of \d+ × \d+; fastest /);
});

test("!command prints as it comes, says its exit code, and an interrupt ends it", async () => {
  const shell = await executor.run("!echo one; echo two >&2; exit 3");
  expect([shell.stdout, shell.stderr]).toEqual(["one\n", "two\nexit code 3\n"]);
  expect((await executor.run("%%sh\nx=4\necho $x\n")).stdout).toBe("4\n");
  const script = await executor.run("%%bash\necho said; exit 4");
  expect([script.stdout, script.error?.ename, script.error?.evalue]).toEqual([
    "said\n",
    "SHELL_FAILED",
    expect.stringContaining("exit code 4"),
  ]);
  expect((await executor.run("%npm no-such-command")).error?.ename).toBe("SHELL_FAILED");
  const { cell, outcome } = executor.begin("!echo begun; sleep 600");
  await executor.next((m) => m.type === "stream" && m.cell === cell);
  executor.send({ type: "interrupt", force: false });
  expect((await outcome).interrupted).toBe(true);
  expect((await executor.run("1 + 1")).text).toBe("2");
});

test("%env, %cd, %who, %reset, %run, %help, %check", async () => {
  await executor.run("%env COLOUR=blue sky");
  expect((await executor.run("%env COLOUR\nprocess.env.COLOUR")).text).toBe("'blue sky'");
  expect((await executor.run("%cd /\nprocess.cwd()")).text).toBe("'/'");
  await executor.run(`%cd ${folder}`);
  await executor.run("const list = [1], word = 'a', nothing = null; class Model {}");
  expect((await executor.run("%who")).stdout).toMatch(
    /^list: Array$[^]*^word: string$[^]*^nothing: null$[^]*^Model: Function$/m,
  );
  await executor.run("%reset");
  expect((await executor.run("[typeof list, typeof word]")).text).toBe("[ 'undefined', 'undefined' ]");
  writeFileSync(join(folder, "count.ts"), "(globalThis as any).runs = ((globalThis as any).runs ?? 0) + 1;");
  expect((await executor.run("%run count.ts\n%run count\nruns")).text).toBe("2");
  const none = (await executor.run("1\n%run none.ts")).error;
  expect([none?.ename, none?.traceback.join("\n")]).toEqual(["FILE_NOT_FOUND", expect.stringMatching(/line 2:1\D/)]);
  expect((await executor.run("%help")).displays[0]?.data["text/plain"]).toContain("%timeit CODE");
  expect((await executor.run("%check warn")).stdout).toContain("cells run");
  expect((await executor.run("%check loudly")).error?.ename).toBe("BAD_LEVEL");
});

test("%load puts a file in the cell's place; %%writefile writes one, which can be imported at once", async () => {
  const wrote = await executor.run("%%writefile made.ts\nexport const made: number = 1");
  expect(wrote.stdout).toBe(`wrote ${join(folder, "made.ts")}\n`);
  await executor.run("%%writefile -a made.ts\nexport const more = made + 1");
  expect((await executor.run("import { more } from './made'\nmore")).text).toBe("2");
  const loaded = await executor.run("%load made");
  expect(loaded.messages.find((m) => m.type === "next")).toMatchObject({
    code: "// %load made\nexport const made: number = 1\nexport const more = made + 1\n",
  });
  expect((await executor.run("%load none")).error?.ename).toBe("FILE_NOT_FOUND");
});

test("%%html, %%markdown, %%latex, %%svg and %%javascript are shown as what they are; %%timeit times the cell", async () => {
  const kinds = { html: "text/html", markdown: "text/markdown", latex: "text/latex", svg: "image/svg+xml" };
  for (const [name, mime] of Object.entries({ ...kinds, javascript: "application/javascript" })) {
    const { displays } = await executor.run(`%%${name}\n<b a="\`">\n1 %`);
    expect(displays.map((d) => d.data)).toEqual([{ [mime]: '<b a="`">\n1 %', "text/plain": '<b a="`">\n1 %' }]);
  }
  const timed = await executor.run("%%timeit const list = [3, 1, 2]\nconst sorted = list.toSorted()\nsorted.length");
  expect(timed.stdout).toMatch(/ per call \(median of /);
  expect((await executor.run("typeof sorted + typeof list")).text).toBe("'undefinedundefined'");
});

test("%traceback full shows Node's own frames of an error, own hides them again", async () => {
  const failing = "import { readFileSync } from 'node:fs'; readFileSync('/none')";
  const trace = async () => (await executor.run(failing)).error?.traceback.join("\n") ?? "";
  expect(await trace()).not.toMatch(/node:fs:\d/);
  await executor.run("%traceback full");
  expect(await trace()).toMatch(/at .*readFileSync.* node:fs:\d+/);
  await executor.run("%traceback own");
  expect(await trace()).not.toMatch(/node:fs:\d/);
  expect(await trace()).toContain("line 1:");
  expect((await executor.run("%traceback some")).error?.ename).toBe("BAD_LEVEL");
});
