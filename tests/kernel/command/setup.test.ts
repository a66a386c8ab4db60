// `blankslate setup` where it cannot succeed, and where it has: never slow, never half a folder. That it succeeds is what the suite's own engine shows.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { findPython, unpackWheel } from "../../../kernel/command/setup/python.ts";
import { setup, setupState } from "../../../kernel/command/setup/setup.ts";
import { BINDING_FILE, nativeEngineFolder } from "../../../lib/core/cache.ts";

const run = promisify(execFile);
let cache = "";
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "blankslate-setup-"));
  vi.stubEnv("BLANKSLATE_CACHE", cache);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});
const hasPython = (await findPython()) !== undefined;

test.skipIf(!hasPython)(
  "an index that is not there costs at most 20 s and leaves nothing",
  async () => {
    for (const name of ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CONFIG_FILE"])
      vi.stubEnv(name, "");
    vi.stubEnv("PIP_CONFIG_FILE", "/dev/null");
    // A port of this machine that nobody listens on.
    vi.stubEnv("PIP_INDEX_URL", "http://127.0.0.1:9/simple");
    vi.stubEnv("CXX", process.execPath);
    const start = performance.now();
    const lines: string[] = [];
    await expect(setup({ onLine: (line) => lines.push(line) })).rejects.toMatchObject({
      code: expect.stringMatching(/SETUP_(INDEX_UNREACHABLE|MISSING)/) as string,
    });
    expect(performance.now() - start).toBeLessThan(25_000);
    expect(lines[0]).toMatch(/MB to download, about \d+ MB on disk/);
    expect(existsSync(nativeEngineFolder("cpu"))).toBe(false);
    expect(await readdir(join(cache, "downloads"))).toEqual([]);
  },
  60_000,
);

test("without Python and a compiler it says what is missing", async () => {
  vi.stubEnv("PATH", cache);
  vi.stubEnv("CXX", "");
  const state = await setupState();
  expect(state).toMatchObject({ ready: false, flavour: "cpu" });
  expect(state.missing.join(" ")).toMatch(/Python 3 with pip.*C\+\+ compiler/);
  await expect(setup()).rejects.toMatchObject({ code: "SETUP_MISSING" });
});

test.skipIf(!hasPython)("CUDA's libraries are unpacked to where libtensorflow looks for them", async () => {
  const members = [
    "tensorflow/libtensorflow_framework.so.2",
    "nvidia/cuda_runtime/lib/libcudart.so.12",
    "nvidia/cudnn/lib/libcudnn_ops.so.9",
    "nvidia/cublas/include/cublas.h",
    "nvidia/../lib/libevil.so.1",
  ];
  const wheel = join(cache, "some.whl");
  const python = (await findPython()) as string;
  const script =
    "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], 'w') as z:\n  for name in sys.argv[2:]: z.writestr(name, 'x')";
  await run(python, ["-c", script, wheel, ...members]);
  await unpackWheel(python, wheel, join(cache, "engine"));
  const files = (await readdir(join(cache, "engine"), { recursive: true })).filter((name) => name.includes(".so"));
  // The RUNPATH of libtensorflow_framework names $ORIGIN/../nvidia/cuda_runtime/lib and its like, and not $ORIGIN.
  expect(files.toSorted()).toEqual([
    "lib/libtensorflow_framework.so.2",
    "nvidia/cuda_runtime/lib/libcudart.so.12",
    "nvidia/cudnn/lib/libcudnn_ops.so.9",
  ]);
});

test("an engine that is there is taken as it is, at once, and needs neither", async () => {
  vi.stubEnv("PATH", cache);
  const folder = nativeEngineFolder("cpu");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, BINDING_FILE), "");
  expect(await setup()).toEqual({ folder, seconds: 0 });
  expect(await setupState()).toMatchObject({ ready: true, missing: [], folder });
});
