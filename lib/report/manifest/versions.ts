// Versions of what computes here: Blankslate, the runtime, and the packages whose code decides numbers. Read from the installed files.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, totalmem } from "node:os";

const load = createRequire(import.meta.url);
const PACKAGES = ["typescript", "@tensorflow/tfjs-core", "@tensorflow/tfjs-backend-wasm", "danfojs-node"] as const;

const versionOf = (path: string): string => (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;

export interface Versions {
  readonly blankslate: string;
  readonly node: string;
  readonly v8: string;
  readonly packages: Readonly<Record<string, string>>;
}

export function versions(): Versions {
  return {
    blankslate: versionOf(new URL("../../../package.json", import.meta.url).pathname),
    node: process.versions.node,
    v8: process.versions.v8,
    packages: Object.fromEntries(PACKAGES.map((name) => [name, versionOf(load.resolve(`${name}/package.json`))])),
  };
}

export interface Machine {
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
}

export function machine(): Machine {
  return {
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}
