// Snapshots that nobody starts from any more.
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { removeOldSnapshots } from "../../../kernel/command/snapshots.ts";
import { SNAPSHOT_PREFIX, snapshotFile } from "../../../kernel/language/snapshot.ts";
import { Background } from "../../../kernel/session/background.ts";
import { freshFolder } from "./blankslate.ts";

const DAY_MS = 24 * 3_600_000;
afterEach(() => vi.unstubAllEnvs());

/** A cache with snapshots of these names, used so many days ago. */
function cache(files: Readonly<Record<string, number>>): string {
  vi.stubEnv("BLANKSLATE_CACHE", freshFolder());
  const folder = dirname(snapshotFile());
  mkdirSync(folder, { recursive: true });
  for (const [name, days] of Object.entries(files)) {
    const used = new Date(Date.now() - days * DAY_MS);
    writeFileSync(join(folder, name), "made on another machine");
    utimesSync(join(folder, name), used, used);
  }
  return folder;
}

test.runIf(process.platform === "linux")(
  "of this installation all versions go but the present one and those that a process runs from; of others those unused for a month",
  async () => {
    const present = snapshotFile().split("/").at(-1) ?? "";
    const [old, running] = [`${SNAPSHOT_PREFIX}0000000000000000.blob`, `${SNAPSHOT_PREFIX}1111111111111111.blob`];
    const folder = cache({
      [present]: 90,
      [old]: 0,
      [running]: 90,
      "language-other.blob": 29,
      "language-gone.blob": 31,
    });
    const child = spawn(process.execPath, ["--eval", "setInterval(() => {}, 1000)", join(folder, running)]);
    await new Promise((resolve) => child.once("spawn", resolve));
    await removeOldSnapshots();
    expect(readdirSync(folder).sort()).toEqual([present, running, "language-other.blob"].sort());
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    await removeOldSnapshots();
    expect(readdirSync(folder).sort()).toEqual([present, "language-other.blob"].sort());
  },
);

test("a kernel that starts from a snapshot marks it as used", async () => {
  const present = snapshotFile().split("/").at(-1) ?? "";
  const file = join(cache({ [present]: 31 }), present);
  const kernel = new Background(freshFolder());
  kernel.language();
  expect(Date.now() - statSync(file).mtimeMs).toBeLessThan(DAY_MS);
  await kernel.close();
});
