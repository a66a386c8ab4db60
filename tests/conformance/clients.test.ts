// jupyter_client's blocking client and nbclient drive the installed kernel: clients that we did not write.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Installed, findPython, installKernel, runScript } from "./python.ts";
import { medianWithin } from "../timing.ts";

const python = await findPython();

describe.skipIf(!python)("Jupyter's own clients", () => {
  let installed: Installed;
  const see = (name: string, ...args: string[]) => runScript(python!, installed, "clients.py", [name, ...args]);
  beforeAll(async () => {
    installed = await installKernel();
  });
  afterAll(() => installed.remove());

  test("a cell printing 100,000 lines delivers all of them, in order, before idle, in at most 20 messages, or ten a second where they take longer", async () => {
    const seen = (await see("lines")) as { streams: number; seconds: number };
    expect(seen).toMatchObject({ status: "ok", equal: true, late: [], after: ["42"] });
    expect(seen.streams).toBeLessThanOrEqual(Math.max(20, 10 * seen.seconds));
  });

  test("nbclient keeps 3,000 of 3,000 lines in 20 of 20 runs", async () => {
    expect(await see("nbclient_lines", "20")).toEqual(Array.from({ length: 20 }, () => 3_000));
  }, 420_000);

  test("the blocking client and nbclient execute the quickstart without error, to the same scorecard", async () => {
    const seen = (await see("quickstart")) as { nbclient: string; blocking: string; replies: [string, string[]][] };
    expect(seen.replies).toEqual(Array.from({ length: 12 }, () => ["ok", []]));
    expect(seen.nbclient).toMatch(/^Scorecard: /);
    expect(seen.blocking).toBe(seen.nbclient);
  }, 420_000);

  test("nbclient stops at a failing cell with the error's own name and text", async () => {
    const seen = await see("failing_notebook");
    expect(seen).toEqual({ ename: "TypeError", evalue: "no such thing", output: "error", second: null });
  });

  test("while (true) {} stops by message and by SIGINT, variables kept, 8 of 8, within 250 ms in the median", async () => {
    await medianWithin(250, 1, async () => {
      const seen = (await see("interrupt")) as { ms: number }[];
      for (const one of seen) expect(one).toMatchObject({ status: "error", ename: "Interrupted", kept: ["4242"] });
      expect(seen).toHaveLength(8);
      return seen.map(({ ms }) => ms).toSorted((a, b) => a - b)[4] ?? NaN;
    });
  }, 180_000);

  test("process.exit() in a cell leaves a live kernel that says what happened", async () => {
    const seen = (await see("process_exit")) as {
      reply: { ename: string; evalue: string; traceback: string[] };
      errors: object[];
    };
    expect(seen).toMatchObject({ printed: "before\n", after: ["'undefined'"], alive: true });
    expect(seen.reply).toMatchObject({ status: "error", ename: "EXECUTOR_LOST" });
    expect(seen.reply.evalue).toContain("exit code 7");
    expect(seen.reply.traceback.join()).toContain("every variable is gone");
    const { ename, evalue, traceback } = seen.reply;
    expect(seen.errors).toEqual([{ ename, evalue, traceback }]);
  });

  test("W14: the blocking client gets a valid reply to every request, and exit code 0 after shutdown", async () => {
    const seen = await see("blocking_client");
    expect(seen).toEqual({
      replies: [
        "kernel_info_reply",
        "execute_reply",
        "complete_reply",
        "inspect_reply",
        "history_reply",
        "comm_info_reply",
        "is_complete_reply",
        "kernel_info_reply",
        "interrupt_reply",
        "shutdown_reply",
      ],
      iopub: expect.arrayContaining(["status", "execute_input", "stream", "display_data", "execute_result"]),
      exit: 0,
      alive: false,
    });
  });

  test("prompt() asks through the stdin socket; where nobody can answer it fails at once", async () => {
    const seen = (await see("prompt")) as { seconds: number };
    expect(seen).toMatchObject({
      asked: [["name?", false]],
      values: ["'Ada!'"],
      refused: "STDIN_NOT_ALLOWED",
      after: ["42"],
    });
  });

  test("with CurveZMQ keys in the connection file, only clients that know the public key get through", async () => {
    expect(await see("curve")).toEqual({ values: ["42"], stranger: 0 });
  });
});
