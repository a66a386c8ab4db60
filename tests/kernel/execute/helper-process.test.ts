// A helper ends with the process that started it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { goneWithin } from "../running-kernel.ts";

const HELPERS = fileURLToPath(new URL("../../../kernel/execute/helper-process.ts", import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "blankslate-helper-"));
  const busy = join(folder, "busy.mjs");
  await writeFile(busy, "process.send(process.pid, () => { for (;;); });");
  await writeFile(
    join(folder, "parent.mjs"),
    `const { startHelper } = await import(${JSON.stringify(HELPERS)});
    startHelper([${JSON.stringify(busy)}], { message: (pid) => console.log(pid), ended: (what) => console.log(what) });
    setInterval(() => {}, 1_000);`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

describe.skipIf(process.platform === "win32")(
  "a helper that never listens is gone within 2 s after the process that started it was killed",
  () => {
    test.each([
      ["by the system", process.env],
      ["by a thread of its own, where setpriv is missing", { ...process.env, PATH: "" }],
    ])("%s", async (_, env) => {
      const parent = spawn(process.execPath, [join(folder, "parent.mjs")], {
        env,
        stdio: ["ignore", "pipe", "inherit"],
      });
      const [text] = (await once(parent.stdout, "data")) as [Buffer];
      const pid = Number(text);
      expect(await goneWithin(pid, 500)).toBe(false);
      parent.kill("SIGKILL");
      expect(await goneWithin(pid, 2_000)).toBe(true);
    });
  },
);
