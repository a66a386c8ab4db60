import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeEach, expect, test } from "vitest";
import * as files from "../../../lib/core/files.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "files-test-"));
});

/** As part names spell this machine. */
const HOST_MARK = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
const FILES = pathToFileURL(new URL("../../../lib/core/files.ts", import.meta.url).pathname).href;

test("a file is replaced whole, in a folder that is made for it, with the mode asked for", async () => {
  const path = join(root, "a", "b", "x.json");
  await files.writeFileAtomic(path, "old");
  await files.writeFileAtomic(path, "new", 0o600);
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(root, "a", "b"))).toEqual(["x.json"]);
});

test("a write that fails leaves the old file and no part file", async () => {
  mkdirSync(join(root, "taken", "full"), { recursive: true });
  writeFileSync(join(root, "taken", "full", "x"), "1");
  await expect(files.writeFileAtomic(join(root, "taken"), "2")).rejects.toMatchObject({ code: "EISDIR" });
  expect(readdirSync(root)).toEqual(["taken"]);
  expect(readFileSync(join(root, "taken", "full", "x"), "utf8")).toBe("1");
});

test("a file that a program writes is there whole or not at all: one that fails leaves the old file, and no part", async () => {
  const path = join(root, "made", "by-a-program.txt");
  await files.makeFileAtomic(path, async (part) => {
    spawnSync(process.execPath, ["-e", `fs.writeFileSync(process.argv[1], "whole")`, part]);
    expect(readdirSync(join(root, "made"))).not.toContain("by-a-program.txt");
  });
  const failing = files.makeFileAtomic(path, async (part) => {
    writeFileSync(part, "half");
    throw new Error("no space");
  });
  await expect(failing).rejects.toThrow("no space");
  expect(readFileSync(path, "utf8")).toBe("whole");
  expect(readdirSync(join(root, "made"))).toEqual(["by-a-program.txt"]);
});

test("kill -9 at 12 moments of a save: the file is always whole, and the next save sweeps what was left", async () => {
  const path = join(root, "state.bin");
  const size = 4 * 2 ** 20;
  await files.writeFileAtomic(path, new Uint8Array(size).fill(65));
  const code = `import { writeFileAtomic } from ${JSON.stringify(FILES)};
    const data = new Uint8Array(${size});
    process.stdout.write("on");
    for (let i = 0; ; i++) { data.fill(65 + (i % 26)); await writeFileAtomic(${JSON.stringify(path)}, data); }`;
  for (let round = 0; round < 12; round++) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    await new Promise((resolve) => setTimeout(resolve, 7 * round));
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    const bytes = readFileSync(path);
    expect(bytes.length).toBe(size);
    expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
  }
  await files.writeFileAtomic(path, "done");
  expect(readdirSync(root)).toEqual(["state.bin"]);
});

test("only our own dead parts are swept: other names, other hosts and living processes stay", async () => {
  const dead = spawnSync(process.execPath, ["-e", ""]).pid;
  const strangers = [".x.part", "x.00000000-1-abcdefabcdef.part", `.x.00000000-${dead}-abcdefabcdef.part`];
  for (const name of strangers) writeFileSync(join(root, name), "");
  await files.writeFileAtomic(join(root, "x"), "1");
  expect(readdirSync(root).sort()).toEqual([...strangers, "x"].sort());
});

test("a folder appears whole or not at all", async () => {
  const path = join(root, "spec");
  await files.writeDirectoryAtomic(path, (part) => files.writeFileAtomic(join(part, "kernel.json"), "1"));
  const failing = files.writeDirectoryAtomic(path, async (part) => {
    await files.writeFileAtomic(join(part, "kernel.json"), "2");
    throw new Error("stop");
  });
  await expect(failing).rejects.toThrow("stop");
  expect(readFileSync(join(path, "kernel.json"), "utf8")).toBe("1");
  expect(readdirSync(root)).toEqual(["spec"]);
});

const KILLS = process.env["BLANKSLATE_LONG"] === "1" ? 100 : 8;

test(`kill -9 at ${KILLS} moments of a folder's replacement: after recoverDirectory it is there, whole, old or new; nothing else is left`, async () => {
  const path = join(root, "model");
  const code = `import { join } from "node:path";
    import { writeDirectoryAtomic, writeFileAtomic } from ${JSON.stringify(FILES)};
    process.stdout.write("on");
    for (let i = 0; ; i++) await writeDirectoryAtomic(${JSON.stringify(path)}, async (part) => {
      for (const name of ["a", "b"]) await writeFileAtomic(join(part, name), String(i));
    });`;
  await files.writeDirectoryAtomic(path, async (part) => {
    for (const name of ["a", "b"]) await files.writeFileAtomic(join(part, name), "first");
  });
  for (let round = 0; round < KILLS; round++) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    await files.recoverDirectory(path);
    expect(readdirSync(path).sort()).toEqual(["a", "b"]);
    expect(readFileSync(join(path, "a"), "utf8")).toBe(readFileSync(join(path, "b"), "utf8"));
  }
  await files.writeDirectoryAtomic(path, (part) => files.writeFileAtomic(join(part, "a"), "last"));
  expect(readdirSync(path)).toEqual(["a"]);
  expect(readdirSync(root)).toEqual(["model"]);
}, 300_000);

test("a folder that was left aside between the two renames is put back: by recoverDirectory, and by the next write beside it", async () => {
  const dead = spawnSync(process.execPath, ["-e", ""]).pid;
  const mark = HOST_MARK;
  const path = join(root, "model");
  const leave = () => {
    mkdirSync(join(root, `.model.${mark}-${dead}-abcdefabcdef.old`));
    writeFileSync(join(root, `.model.${mark}-${dead}-abcdefabcdef.old`, "config.json"), "old");
    mkdirSync(join(root, `.model.${mark}-${dead}-0123456789ab.part`));
  };
  leave();
  await files.recoverDirectory(path);
  expect(readFileSync(join(path, "config.json"), "utf8")).toBe("old");
  await files.removePath(path);
  await files.removePath(join(root, `.model.${mark}-${dead}-0123456789ab.part`));
  leave();
  await files.writeFileAtomic(join(root, "other"), "1");
  expect(readFileSync(join(path, "config.json"), "utf8")).toBe("old");
  expect(readdirSync(root).sort()).toEqual(["model", "other"]);
  await files.recoverDirectory(join(root, "never-was"));
  expect(readdirSync(root).sort()).toEqual(["model", "other"]);
});

test("16 names that escape a root are refused, also through a link", async () => {
  mkdirSync(join(root, "in"));
  mkdirSync(join(root, "out"));
  symlinkSync(join(root, "out"), join(root, "in", "door"));
  symlinkSync(join(root, "nowhere"), join(root, "in", "dangling"));
  const bad = [
    "",
    ".",
    "..",
    "../x",
    "a/../../x",
    "/etc/passwd",
    "a//b",
    "a/",
    "./a",
    "C:x",
    "C:\\x",
    "a\\..\\b",
    "a\0b",
    "door/x",
    "dangling/x",
    "door",
  ];
  for (const name of bad) {
    await expect(files.pathWithin(join(root, "in"), name), name).rejects.toMatchObject({ code: "PATH_ESCAPES" });
  }
  expect(await files.pathWithin(join(root, "in"), "a/b.json")).toBe(join(root, "in", "a", "b.json"));
  expect(await files.pathWithin(join(root, "not-yet"), "..a")).toBe(join(root, "not-yet", "..a"));
});

test("a temporary folder is its owner's alone; a link is replaced, a file is not; a root is never removed", async () => {
  const temporary = await files.createPrivateTemporaryDirectory("files-test");
  expect(statSync(temporary).mode & 0o777).toBe(0o700);
  await files.linkPath("one", join(temporary, "link"));
  await files.linkPath("two", join(temporary, "link"));
  await files.writeFileAtomic(join(temporary, "file"), "1");
  await expect(files.linkPath("one", join(temporary, "file"))).rejects.toMatchObject({ code: "NOT_A_LINK" });
  await expect(files.removePath("/")).rejects.toMatchObject({ code: "ROOT_REFUSED" });
  await files.removePath(temporary);
  await files.removePath(temporary);
  expect(readdirSync(tmpdir())).not.toContain(temporary);
});
