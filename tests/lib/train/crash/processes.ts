// Starts child.ts, reads its lines, and kills it when a test says so.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

const CHILD = join(import.meta.dirname, "child.ts");

export interface Event {
  readonly saving?: number;
  readonly step?: number;
  readonly tokens?: number;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly sample?: object;
  readonly hash?: string;
  readonly room?: number;
  readonly code?: string;
  readonly message?: string;
  readonly left?: readonly string[];
  readonly paused?: string;
  readonly way?: string;
  readonly stopped?: string;
  readonly steps?: number;
  readonly same?: boolean;
}

/** The words of a command that runs the child. */
export const childCommand = (...args: string[]): string[] => [process.execPath, CHILD, ...args];

/**
 * @param kill looks at every event; a number is after how many milliseconds the process gets SIGKILL
 * @returns what it said; rejects when it ended badly without being killed here
 */
export function runChild(
  command: readonly string[],
  {
    engine = "wasm",
    kill = () => undefined,
  }: { readonly engine?: string; readonly kill?: (event: Event) => number | undefined } = {},
): Promise<Event[]> {
  const [program, ...args] = command as [string, ...string[]];
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CRASH_ENGINE: engine },
  });
  const events: Event[] = [];
  let errors = "";
  let killing = false;
  child.stderr.on("data", (text) => (errors += String(text)));
  createInterface(child.stdout).on("line", (line) => {
    const event = JSON.parse(line) as Event;
    events.push(event);
    const after = killing ? undefined : kill(event);
    if (after === undefined) return;
    killing = true;
    setTimeout(() => child.kill("SIGKILL"), after);
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0 || (killing && signal === "SIGKILL")) resolve(events);
      else reject(new Error(`${command.join(" ")} ended with ${code ?? signal}: ${errors}`));
    });
  });
}
