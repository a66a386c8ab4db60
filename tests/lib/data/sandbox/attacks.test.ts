import { execFile } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { sandboxArgv } from "../../../../lib/data/sandbox/layers.ts";
import { sandbox } from "../../../../lib/data/sandbox/sandbox.ts";
import { medianWithin } from "../../../timing.ts";
import { JAVASCRIPT, NODE, NODE_OUTER, PYTHON } from "./attacks.ts";

const LIMIT_MS = 500;
const attacks = [
  ...Object.entries(PYTHON).map(([name, code]) => ({ language: "python" as const, name, code })),
  ...Object.entries(JAVASCRIPT).map(([name, code]) => ({ language: "javascript" as const, name, code })),
];
afterAll(() => sandbox.close());

test("there are at least 100 attacks", () => {
  expect(attacks.length + Object.keys(NODE).length + Object.keys(NODE_OUTER).length).toBeGreaterThanOrEqual(100);
});

test.each(attacks)(
  "$language: $name - does not get out, is over within half a second of its limit, says at most 64 KiB, and the next program runs",
  async ({ language, code }) => {
    await medianWithin(LIMIT_MS + 500, 1, async () => {
      const outcome = await sandbox.run(language, code, { timeMs: LIMIT_MS, memoryBytes: 128 * 2 ** 20 });
      expect(outcome.output).not.toContain("ESCAPED");
      expect(Buffer.byteLength(outcome.output)).toBeLessThanOrEqual(64 * 1024);
      return outcome.milliseconds;
    });
    const hello = language === "python" ? "print(sum([1, 2]))" : "console.log([1, 2].map((x) => x + 1).join())";
    const next = await sandbox.run(language, hello);
    expect(next).toMatchObject({ ending: "finished", output: language === "python" ? "3\n" : "2,3\n" });
  },
);

describe.skipIf(process.platform !== "linux")("behind a broken interpreter, Node itself", () => {
  const attempt = async (code: string) => {
    const script = fileURLToPath(new URL("./outside.ts", import.meta.url));
    const [program, ...args] = await sandboxArgv([code], [], script);
    return new Promise<number>((resolve) => {
      execFile(program as string, args, { env: {}, timeout: 20_000 }, (error) =>
        resolve(error === null ? 0 : Number(error.code ?? -1)),
      );
    });
  };

  test.each(Object.entries(NODE))("is refused: %s", async (_, code) => {
    expect(await attempt(code)).toBe(0);
  });

  test.skipIf(process.env["BLANKSLATE_SANDBOX"] === "permission")(
    "reaches no server and no process of this machine",
    async () => {
      const server = createServer((socket) => socket.end());
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const port = String((server.address() as AddressInfo).port);
      for (const code of Object.values(NODE_OUTER))
        expect(await attempt(code.replace("PORT", port).replace("PARENT", String(process.pid)))).toBe(0);
      server.close();
    },
  );

  test("gets as far as running at all, or the tests above show nothing", async () => {
    expect(await attempt("1 + 1")).toBe(7);
  });
});

/** This process's children, theirs, and so on. */
function descendants(): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/u.test(name) || !existsSync(`/proc/${name}/stat`)) continue;
    const fields = readFileSync(`/proc/${name}/stat`, "utf8")
      .replace(/^.*\) /su, "")
      .split(" ");
    parents.set(Number(name), Number(fields[1]));
  }
  const found = [process.pid];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found.slice(1);
}

test.skipIf(process.platform !== "linux")(
  "a sandbox that is killed leaves no process behind, and no file",
  async () => {
    await sandbox.run("python", "print(1)");
    const tree = descendants();
    expect(tree.length).toBeGreaterThanOrEqual(2);
    await sandbox.run("python", PYTHON["one operation without end"] as string, { timeMs: 200 });
    await sandbox.close();
    const left = new Set(descendants());
    expect(tree.filter((pid) => left.has(pid))).toEqual([]);
    expect(existsSync("/tmp/escaped")).toBe(false);
  },
);
