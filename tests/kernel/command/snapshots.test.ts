// Snapshots that nobody starts from any more.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { installKernelspec } from "../../../kernel/command/install.ts";
import { ROOT } from "../../../kernel/command/kernel-argv.ts";
import { removeOldSnapshots } from "../../../kernel/command/snapshots.ts";
import { declarationsFile } from "../../../kernel/language/declarations.ts";
import { SNAPSHOT_PREFIX, snapshotFile } from "../../../kernel/language/snapshot.ts";
import { packFolder } from "../../../kernel/packed.mjs";
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

/** Makes it last used so many days ago. */
function age(path: string, days: number): void {
  const used = new Date(Date.now() - days * DAY_MS);
  utimesSync(path, used, used);
}

test("a kernel that starts marks what it starts from as used: its snapshot, declarations and packs", async () => {
  const present = snapshotFile().split("/").at(-1) ?? "";
  const file = join(cache({ [present]: 31 }), present);
  mkdirSync(packFolder(), { recursive: true });
  mkdirSync(dirname(declarationsFile(ROOT)), { recursive: true });
  writeFileSync(declarationsFile(ROOT), "{}");
  const all = [file, packFolder(), declarationsFile(ROOT)];
  for (const path of all) age(path, 31);
  const kernel = new Background(freshFolder());
  kernel.language();
  for (const path of all) expect(Date.now() - statSync(path).mtimeMs, path).toBeLessThan(DAY_MS);
  await kernel.close();
});

test("declarations and packs of other installations go when no kernel has used them for a month; one's own stay", async () => {
  vi.stubEnv("BLANKSLATE_CACHE", freshFolder());
  const paths = (name: string) => [
    join(dirname(packFolder()), name),
    join(dirname(declarationsFile(ROOT)), `${name}.json`),
  ];
  const [used, gone] = [paths("used"), paths("gone")];
  for (const path of [...used, ...gone]) mkdirSync(path, { recursive: true });
  writeFileSync(join(gone[0] ?? "", "kernel.js"), "");
  for (const path of used) age(path, 29);
  for (const path of gone) age(path, 31);
  await installKernelspec({ prefix: freshFolder() });
  for (const path of [packFolder(), declarationsFile(ROOT), ...used]) expect(existsSync(path), path).toBe(true);
  for (const path of gone) expect(existsSync(path), path).toBe(false);
}, 120_000);
