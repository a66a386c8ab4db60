// `blankslate setup`: the native tensor engine, told line by line.
import { bold, duration, facts, faint, markLine, say, shortPath } from "./terminal.ts";
import { setup, type SetupOptions } from "./setup/setup.ts";

/** The command. */
export async function setupEngine(options: { readonly cuda?: boolean; readonly again?: boolean }): Promise<number> {
  await obtainEngine({ flavour: options.cuda ? "cuda" : "cpu", again: options.again ?? false });
  return 0;
}

/** Sets up and says so. */
export async function obtainEngine(options: Omit<SetupOptions, "onLine">): Promise<void> {
  const { folder, seconds } = await setup({ ...options, onLine: (line) => say(`  ${faint(line)}`) });
  if (seconds === 0) return;
  say(markLine("ok", `Native engine: ${bold("TensorFlow")}`));
  say(
    facts([
      ["folder", shortPath(folder)],
      ["took", duration(seconds * 1000)],
    ]),
  );
}
