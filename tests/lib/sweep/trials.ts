// Trials that behave and misbehave, for the tests of sweeps: each run in a process of its own.
import { appendFileSync } from "node:fs";
import { join } from "node:path";

interface Config {
  readonly kind: "good" | "slow" | "throws" | "dies" | "hangs" | "spins" | "silent" | "odd";
  readonly seed: number;
}

export async function trial({ kind, seed }: Config, outDir: string): Promise<Record<string, number>> {
  appendFileSync(join(outDir, "runs"), `${process.pid}\n`);
  if (kind === "throws") throw new Error(`seed ${seed} was refused`);
  if (kind === "dies") process.kill(process.pid, "SIGKILL");
  if (kind === "slow") await new Promise((done) => setTimeout(done, 1500));
  // A trial that never comes back to its loop.
  if (kind === "spins") for (;;);
  if (kind === "silent") return undefined as never;
  if (kind === "odd") return { score: Number.NaN };
  // A trial that listens to nothing.
  if (kind === "hangs") for (;;) await new Promise((done) => setTimeout(done, 1000));
  return { score: seed + 0.5 };
}
