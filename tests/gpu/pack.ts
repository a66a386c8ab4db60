// `npm run gpu -- [FOLDER]`: what a machine with a GPU, PyTorch and no Node needs to run this working tree's checks, in one folder (default gpu-kit, which git ignores): the pinned Node,
// the packages that the checks load, the Vulkan loader, and fixtures that are not in this repository. See README.md beside this file.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { foldersOf, packagesOf } from "./packages.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const KIT = resolve(ROOT, process.argv[2] ?? "gpu-kit");

/** What the runner starts; the rest follows from their imports. */
const ENTRIES = [
  "kernel/command/doctor.ts",
  "lib/tensor/probe.ts",
  "tests/parity/main.ts",
  "tests/bench/train.ts",
  "tests/bench/train/engine.ts",
  ...readdirSync(join(ROOT, "tests/lib/tensor"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => join("tests/lib/tensor", name)),
];

/** Every system that has a driver for the GPU has what this loader needs in turn; GLVND is what NVIDIA's Vulkan driver is built on. */
const SYSTEM = /^lib(vulkan|GLX|EGL|GLdispatch|OpenGL|GL|GLESv2|X11|Xext|xcb|Xau|Xdmcp|bsd|md)\.so\.\d+$/;
const SYSTEM_FOLDER = "/usr/lib/x86_64-linux-gnu";

/** Other platforms', and what is for people and type checkers. */
const LEFT_OUT = /(\.(map|d\.ts|d\.mts|d\.cts|md|markdown|min\.js)|\/dist\/(darwin|win32|linux-arm64)[\w-]*)$/;

/** tfjs's packages hold themselves seven times over; Node loads one file, and WebAssembly. */
function filesOfTensorflow(folder: string): string[] {
  const { main } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { main: string };
  const wasm = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    /dist\/[\w-]+\.wasm$/.test(name),
  );
  return ["package.json", main, ...wasm].map((name) => join(folder, name));
}

function filesOf(folder: string): string[] {
  if (folder.includes("node_modules/@tensorflow/")) return filesOfTensorflow(folder);
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    // What a package has inside it is found for itself.
    if (LEFT_OUT.test(path) || entry.name === "node_modules") return [];
    return entry.isDirectory() ? filesOf(path) : [path];
  });
}

/** Python's lzma reads what xz makes, where xz is not there. */
const XZ = "xz -6 -T0";
const pack = (target: string, args: readonly string[], names: readonly string[]) =>
  execFileSync("tar", ["-c", "-I", XZ, "-f", join(KIT, target), ...args, "--no-recursion", "-T", "-"], {
    cwd: ROOT,
    input: names.join("\n"),
  });

// `npm run gpu` runs on it.
const node = process.execPath;
mkdirSync(KIT, { recursive: true });
// Half of the work, and the same until the version changes.
const packedNode = `node-${process.versions.node}.xz`;
for (const name of readdirSync(KIT)) if (name !== packedNode) rmSync(join(KIT, name), { recursive: true });

const folders = foldersOf(packagesOf(ENTRIES).union(new Set(["commander", "vitest"])));
const nodePackage = join(node, "../..", "package.json");
const files = [...folders.flatMap(filesOf), nodePackage].map((path) => relative(ROOT, path));
pack("modules.tar.xz", [], files);
if (!existsSync(join(KIT, packedNode))) {
  const stripped = join(KIT, "node");
  // Names for debuggers are a seventh of it.
  execFileSync("strip", ["-o", stripped, node]);
  execFileSync("/bin/sh", ["-c", `${XZ} -c "$0" > "$1"`, stripped, `${stripped}.part`]);
  renameSync(`${stripped}.part`, join(KIT, packedNode));
  rmSync(stripped);
}

const libraries = readdirSync(SYSTEM_FOLDER).filter((name) => SYSTEM.test(name));
if (!libraries.includes("libvulkan.so.1")) throw new Error("libvulkan.so.1 is not here: install libvulkan1");
pack("system.tar.xz", ["-h", "-C", SYSTEM_FOLDER], libraries);

const fixtures = resolve(ROOT, "../shared/fixtures/models");
if (existsSync(fixtures)) await cp(fixtures, join(KIT, "models"), { recursive: true });

const sizes = readdirSync(KIT, { recursive: true, encoding: "utf8", withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => statSync(join(entry.parentPath, entry.name)).size);
const packed = sizes.reduce((sum, size) => sum + size, 0);
writeFileSync(join(KIT, "packages.txt"), `${folders.map((folder) => relative(ROOT, folder)).join("\n")}\n`);
console.log(
  `${relative(ROOT, KIT)}: ${(packed / 2 ** 20).toFixed(1)} MiB; ${folders.length} packages, ${files.length} files`,
);
console.log(`there: python3 tests/gpu/run.py ${relative(ROOT, KIT)}`);
