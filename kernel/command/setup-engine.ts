// `blankslate setup`: the native tensor engine, told line by line.
import { COMMAND, bold, duration, facts, faint, markLine, say, shortPath } from "./terminal.ts";
import { BlankslateError } from "../../lib/core/errors.ts";
import { setup, setupState, type SetupOptions } from "./setup/setup.ts";

interface SetupFlags {
  readonly cuda?: boolean;
  readonly again?: boolean;
  readonly ifPossible?: boolean;
}

/** The command. */
export async function setupEngine(options: SetupFlags): Promise<number> {
  if (options.ifPossible) {
    await prepareEngine();
    return 0;
  }
  await obtainEngine({ flavour: options.cuda ? "cuda" : "cpu", again: options.again ?? false });
  return 0;
}

/** Sets up and says so. */
export async function obtainEngine(options: Omit<SetupOptions, "onLine">): Promise<void> {
  const { folder, seconds, gpu } = await setup({ ...options, onLine: (line) => say(`  ${faint(line)}`) });
  if (seconds === 0) return;
  say(markLine("ok", `Native engine: ${bold("TensorFlow")}`));
  say(
    facts([
      ["folder", shortPath(folder)],
      ["took", duration(seconds * 1000)],
    ]),
  );
  if (options.flavour === "cuda" && !gpu)
    say(markLine("note", "CUDA finds no GPU here: it computes on the processor until the driver of one is there"));
}

/** The native engine when it can be had; otherwise wasm, and why, said once. */
export async function prepareEngine(): Promise<void> {
  const native = await setupState();
  if (native.ready) {
    say(markLine("ok", "Engine: TensorFlow, set up"));
  } else if (native.missing.length > 0) {
    say(
      markLine(
        "note",
        `Engine: wasm, because the native one needs ${native.missing.join(" and ")}; everything takes longer`,
      ),
    );
  } else {
    say(markLine("note", "Engine: obtaining TensorFlow, once; ^C here is harmless, the next start goes on"));
    try {
      await obtainEngine({});
    } catch (error) {
      if (!(error instanceof BlankslateError)) throw error;
      say(markLine("note", `Engine: wasm, because ${error.code}: ${error.fact}`));
      say(facts([["later", `${COMMAND} setup`]]));
    }
  }
}
