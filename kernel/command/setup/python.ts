// Python as a downloader: find one that has pip, fetch one pinned wheel with it, unpack what is needed. pip, because it knows the user's index, proxy,
// certificates and credentials, and we do not want to.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fault, hasCode } from "../../../lib/core/errors.ts";
import { runTool } from "../../execute/tool.ts";
import type { Wheel } from "./wheels.ts";

/** An index that has said nothing for this long counts as out of reach. */
const REACH_MS = 20_000;
const DOWNLOAD_MS = 3_600_000;
const ASK_MS = 10_000;

/** @returns the first Python 3 on PATH that has pip, or undefined */
export async function findPython(): Promise<string | undefined> {
  for (const name of process.platform === "win32" ? ["py", "python"] : ["python3", "python"]) {
    try {
      const { code, stdout } = await runTool(name, ["-c", "import sys, pip; print(sys.version_info.major)"], {
        timeoutMs: ASK_MS,
      });
      if (code === 0 && stdout.trim() === "3") return name;
    } catch (error) {
      if (!hasCode(error, "TOOL_MISSING") && !hasCode(error, "TOOL_TIMEOUT")) throw error;
    }
  }
  return undefined;
}

/**
 * Downloads one wheel into a folder and checks its bytes.
 * @param onProgress  called about once a second with the bytes that are here
 * @returns the wheel's path
 * @throws SETUP_INDEX_UNREACHABLE  pip reached no index within 20 s, or the index does not have this file
 * @throws SETUP_CHECKSUM           the bytes are not the pinned ones
 */
export async function downloadWheel(
  python: string,
  wheel: Wheel,
  folder: string,
  onProgress: (bytes: number) => void,
): Promise<string> {
  const args = [
    "-m",
    "pip",
    "download",
    "--no-deps",
    "--no-cache-dir",
    "--disable-pip-version-check",
    "--progress-bar",
    "off",
    "--retries",
    "2",
    "--timeout",
    "15",
  ];
  args.push(
    "--only-binary",
    ":all:",
    "--implementation",
    "cp",
    "--python-version",
    "3.12",
    ...wheel.platforms.flatMap((tag) => ["--platform", tag]),
  );
  args.push("--dest", folder, `${wheel.name}==${wheel.version}`);
  const patience = new AbortController();
  const giveUp = setTimeout(() => patience.abort(), REACH_MS);
  const watch = setInterval(() => void largestFile(folder).then(onProgress), 1_000);
  try {
    const { code, stderr } = await runTool(python, args, {
      timeoutMs: DOWNLOAD_MS,
      signal: patience.signal,
      // pip's own temporary files beside their goal: /tmp is often small, and what a killed pip leaves is then swept with the folder.
      env: { PYTHONUNBUFFERED: "1", TMPDIR: folder },
      onLine: (line) => /^\s*(Downloading|Using cached|Processing|Saved)\b/.test(line) && clearTimeout(giveUp),
    });
    if (code !== 0)
      throw unreachable(
        wheel,
        stderr
          .trim()
          .split("\n")
          .findLast((line) => line.startsWith("ERROR")) ?? `pip exited with ${code}.`,
      );
  } catch (error) {
    throw hasCode(error, "TOOL_STOPPED") ? unreachable(wheel, `no answer within ${REACH_MS / 1_000} s.`) : error;
  } finally {
    clearTimeout(giveUp);
    clearInterval(watch);
  }
  const file = (await readdir(folder)).find((name) => name.endsWith(".whl"));
  if (!file) throw unreachable(wheel, "pip left no wheel.");
  const path = join(folder, file);
  const sha256 = await hashFile(path);
  if (sha256 !== wheel.sha256)
    throw fault(
      "SETUP_CHECKSUM",
      `${file} has SHA-256 ${sha256}, expected ${wheel.sha256}.`,
      "the index served another file; try another index, and do not use this file.",
    );
  return path;
}

/** Unpacks libraries into FOLDER/lib and headers into FOLDER/include. */
export async function unpackWheel(python: string, wheel: string, folder: string): Promise<void> {
  const script = fileURLToPath(new URL("unpack.py", import.meta.url));
  const { code, stderr } = await runTool(python, [script, wheel, folder], { timeoutMs: DOWNLOAD_MS });
  if (code !== 0)
    throw fault(
      "SETUP_UNPACK",
      `${wheel} could not be unpacked: ${stderr.trim().split("\n").at(-1) ?? ""}`,
      "is there room on the disk?",
    );
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

async function largestFile(folder: string): Promise<number> {
  // pip makes, renames and removes as we look.
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        (s) => s.size,
        () => 0,
      ),
    );
  return Math.max(0, ...(await Promise.all(sizes)));
}

function unreachable(wheel: Wheel, fact: string) {
  return fault(
    "SETUP_INDEX_UNREACHABLE",
    `${wheel.name} ${wheel.version} could not be obtained: ${fact}`,
    "check the network, or pip's index settings (`pip config list`); the wasm engine works without it.",
  );
}
