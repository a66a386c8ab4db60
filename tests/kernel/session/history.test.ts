// The user's history in one file that several kernels share.
import { execFile } from "node:child_process";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { History, openUserHistory } from "../../../kernel/session/history.ts";
import { parseContent } from "../../../kernel/wire/frames.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "blankslate-history-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ask = (history: History, content: object) =>
  history.query(parseContent("history_request", { hist_access_type: "tail", ...content }));

test("tail, range and search, as the protocol words them", async () => {
  const first = await History.open(join(folder, "h.sqlite"));
  first.add(1, "let a = 1");
  first.add(2, "a + 1");
  const second = await History.open(join(folder, "h.sqlite"));
  second.add(1, "let b = [1]");
  second.add(2, "a + 1");
  expect(ask(second, { n: 3 })).toEqual([
    [1, 2, "a + 1"],
    [2, 1, "let b = [1]"],
    [2, 2, "a + 1"],
  ]);
  expect(ask(second, { hist_access_type: "range", session: 0, start: 1, stop: 2 })).toEqual([[2, 1, "let b = [1]"]]);
  expect(ask(second, { hist_access_type: "range", session: -1, start: 1 })).toHaveLength(2);
  expect(ask(second, { hist_access_type: "search", pattern: "a ? 1" })).toHaveLength(2);
  expect(ask(second, { hist_access_type: "search", pattern: "a*", unique: true })).toEqual([[2, 2, "a + 1"]]);
  expect(ask(second, { hist_access_type: "search", pattern: "*[1]*" })).toEqual([[2, 1, "let b = [1]"]]);
  expect(ask(second, { hist_access_type: "search", pattern: "*", n: 1 })).toEqual([[2, 2, "a + 1"]]);
  first.close();
  second.close();
});

test("four processes writing 250 entries each at once keep 1,000 of 1,000", async () => {
  const module = fileURLToPath(new URL("../../../kernel/session/history.ts", import.meta.url));
  const code = `const { History } = await import(${JSON.stringify(module)}); const h = await History.open(process.argv[1]);
    for (let i = 0; i < 250; i++) h.add(i + 1, "entry " + i); h.close();`;
  const file = join(folder, "h.sqlite");
  const run = promisify(execFile);
  const writers = Array.from({ length: 4 }, () =>
    run(process.execPath, ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", code, file]),
  );
  const logs = await Promise.all(writers);
  expect(logs.map(({ stderr }) => stderr).join("")).toBe("");
  const history = await History.open(file);
  expect(ask(history, { n: 2_000 })).toHaveLength(1_000);
  history.close();
});

test("a file that is no database leaves a history in memory, and stays as it is", async () => {
  await writeFile(join(folder, "history.sqlite"), "not a database, but somebody's text".repeat(100));
  const history = await openUserHistory({ BLANKSLATE_DATA: folder });
  history.add(1, "still here");
  expect(ask(history, {})).toEqual([[1, 1, "still here"]]);
  expect((await stat(join(folder, "history.sqlite"))).size).toBe(3_500);
  history.close();
});
