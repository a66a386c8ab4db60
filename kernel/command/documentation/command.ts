// `blankslate help [topic]`: a function of the library (sft, chart.loss, loss), a group of them (chart, probe), or words to look for;
// `--html FILE` writes them all as one page.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fault } from "../../../lib/core/errors.ts";
import { writeFileAtomic } from "../../../lib/core/files.ts";
import { ROOT } from "../kernel-argv.ts";
import { bold, faint, markLine, say, shortPath } from "../terminal.ts";
import type { Entry } from "./collect.ts";
import { readEntries } from "./entries.ts";
import { GROUPS } from "./page.ts";
import { entryLine, entryText } from "./text.ts";

export interface HelpOptions {
  readonly html?: string;
}

function list(entries: readonly Entry[]): string {
  const column = Math.max(...entries.map(({ name }) => name.length), 16);
  return entries.map((entry) => entryLine(entry, column)).join("\n");
}

/** The entries that a topic means: by name, by the name without its group, by group, else by every word of it. */
export function findEntries(entries: readonly Entry[], topic: string): readonly Entry[] {
  const wanted = topic.toLowerCase();
  const by = (test: (entry: Entry) => boolean): readonly Entry[] => entries.filter(test);
  const words = wanted.split(/\s+/);
  const tries = [
    by(({ name }) => name.toLowerCase() === wanted),
    by(({ name }) => name.toLowerCase().endsWith(`.${wanted}`)),
    by(({ group }) => group.toLowerCase() === wanted),
    by(({ name, text, options }) => {
      const all = [name, text, ...options.map((option) => `${option.name} ${option.text}`)].join(" ").toLowerCase();
      return words.every((word) => all.includes(word));
    }),
  ];
  return tries.find((found) => found.length > 0) ?? [];
}

/** @throws NO_SUCH_TOPIC */
export async function help(topic: readonly string[], options: HelpOptions): Promise<number> {
  const entries = await readEntries();
  if (options.html !== undefined) {
    const { documentationPage } = await import("./page.ts");
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    const path = resolve(options.html);
    await writeFileAtomic(path, await documentationPage(entries, version));
    say(markLine("ok", `Written: ${shortPath(path)} ${faint(`${entries.length} functions`)}`));
    return 0;
  }
  const name = topic.join(" ");
  if (name === "") {
    for (const [group, title] of Object.entries(GROUPS)) {
      const own = entries.filter((entry) => entry.group === group);
      if (own.length > 0) say(`${bold(title)}\n${list(own)}\n`);
    }
    say(faint("`blankslate help NAME` says more of one; `blankslate help --html FILE` writes all as a page."));
    return 0;
  }
  const found = findEntries(entries, name);
  const [only, ...more] = found;
  if (!only) {
    throw fault("NO_SUCH_TOPIC", `nothing is called or says “${name}”.`, "`blankslate help` lists all there is.");
  }
  say(more.length === 0 ? entryText(only) : list(found));
  return 0;
}
