// Row S4, the kernel's half: the key is nowhere but in the connection file and in the kernel's memory. What the file itself must be
// is in wire/connection.test.ts.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startKernel } from "../running-kernel.ts";

test("S4: after cells, errors and forgeries the key is found 0 times in arguments, environments, the log, the history and all that clients were sent", async () => {
  const kernel = await startKernel();
  const { client, connection } = kernel;
  const { key } = connection;
  expect(key).toHaveLength(36);
  await client.execute("console.log(process.argv, process.env, process.execArgv); process.env");
  await client.execute("throw new Error(JSON.stringify(process.env))");
  await client.request("complete_request", { code: "process.", cursor_pos: 8 });
  await client.request("connect_request");
  const { frames } = client.frames("execute_request", { code: "1" });
  await client.raw("shell", [frames[0]!, Buffer.from("0".repeat(64)), ...frames.slice(2)]);
  await client.raw("control", [Buffer.from("rubbish")]);
  await client.execute("process.exit(1)");
  expect(await client.works()).toBe(true);

  const sent = JSON.stringify([client.iopub, client.asked, ...client.replies()]);
  expect(sent).toContain("EXECUTOR_LOST");
  expect(sent).not.toContain(key);
  expect(kernel.log()).toContain("WIRE_SIGNATURE");
  expect(kernel.log()).not.toContain(key);
  const history = readdirSync(kernel.folder).filter((name) => name.startsWith("history"));
  expect(history.length).toBeGreaterThan(0);
  for (const name of history) expect(readFileSync(join(kernel.folder, name)).includes(key)).toBe(false);
  const executor = Number((await client.request("usage_request", {}, "control")).reply["pid"]);
  for (const pid of [kernel.process.pid, executor]) {
    if (!existsSync(`/proc/${pid}`)) continue;
    for (const part of ["cmdline", "environ"]) {
      expect(readFileSync(`/proc/${pid}/${part}`).includes(key), `${part} of ${pid}`).toBe(false);
    }
  }
  await kernel.dispose();
});
