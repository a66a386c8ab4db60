// Trials that behave and misbehave, for the tests of sweeps: each run in a process of its own.
import { spawn } from "node:child_process";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Config {
  readonly kind: "good" | "slow" | "throws" | "dies" | "hangs" | "spins" | "silent" | "odd" | "floods" | "leaves";
  readonly seed: number;
}

export async function trial({ kind, seed }: Config, outDir: string): Promise<Record<string, number>> {
  appendFileSync(join(outDir, "runs"), `${process.pid}\n`);
  if (kind === "throws") throw new Error(`seed ${seed} was refused`);
  if (kind === "dies") process.kill(process.pid, "SIGKILL");
  if (kind === "slow") await new Promise((done) => setTimeout(done, 1500));
  // A trial that never comes back to its loop.
  if (kind === "spins") for (;;);
  // 100 MB to each of its outputs.
  if (kind === "floods")
    for (let i = 0; i < 100; i++) for (const out of [process.stdout, process.stderr]) out.write("x".repeat(2 ** 20));
  // A process that would outlive it, and holds its outputs.
  if (kind === "leaves") {
    const { pid } = spawn(process.execPath, ["-e", "setInterval(() => 0, 1000)"], { stdio: "inherit" });
    writeFileSync(join(outDir, "left"), `${pid}`);
  }
  if (kind === "silent") return undefined as never;
  if (kind === "odd") return { score: Number.NaN };
  // A trial that listens to nothing.
  if (kind === "hangs") for (;;) await new Promise((done) => setTimeout(done, 1000));
  return { score: seed + 0.5 };
}
