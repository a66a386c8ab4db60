// What the terminal is told at the end of a run: how it ended, if not well, what a check found, how long it took, where the files are.
import { stripVTControlCharacters } from "node:util";
import type { RunReport } from "../run.ts";
import { COMMAND, bold, duration, facts, faint, markLine, paint, say, shortPath } from "../terminal.ts";
import { sayCheck } from "./check/check.ts";
import type { RunEnd } from "./execute.ts";

/** What one would not like to wait for twice. */
const LONG_MS = 60_000;

/** Says how it ended, if not well, and where the files are. */
export function sayEnd({ end, check, files, ms }: RunReport): void {
  if (end.kind === "died") throw end.error;
  say();
  sayTrouble(end);
  if (check) sayCheck(check);
  const rows: [string, string][] = [["time", duration(ms)]];
  for (const [name, path, more] of files?.said ?? []) {
    rows.push([name, shortPath(path) + (more === undefined ? "" : faint(`  ${more}`))]);
  }
  say(facts(rows));
}

/** A run that took long until it stopped need not start again. */
export function sayHowToGoOn({ end, kept, output, ms, resumes }: RunReport, path: string, asked?: string): void {
  if (end.kind === "finished") {
    if (resumes.length > 0) say(faint("\n  It was resumed: run it once from the top before others rely on it."));
    return;
  }
  const again = `${COMMAND} run ${shortPath(path)}${asked === undefined ? "" : ` -o ${shortPath(output)}`}`;
  if (typeof kept === "number") {
    say(`\n${markLine("note", `Its kernel stays for ${minutes(kept)}. Correct the cell, then: ${again} --resume`)}`);
  } else if (kept === "lost") {
    say(`\n${markLine("note", "Its kernel was not kept: the process that held the variables has ended.")}`);
  } else if (ms > LONG_MS) {
    say(faint(`\n  With --keep its kernel stays when a cell fails, and ${again} --resume goes on there.`));
  }
}

function sayTrouble(end: RunEnd): void {
  if (end.kind === "finished") return;
  if (end.kind === "failed") {
    const { error, number, cell } = end;
    say(markLine("fail", bold(`Cell ${number} failed: ${error.ename}`) + faint(`  id ${cell.id}`)));
    const lines = error.traceback.length > 0 ? error.traceback : [`${error.ename}: ${error.evalue}`];
    const text = lines.join("\n");
    say(indent(process.stdout.hasColors?.() ? text : stripVTControlCharacters(text)));
    if (!stripVTControlCharacters(text).includes(error.evalue.split("\n")[0] ?? ""))
      say(indent(paint("red", error.evalue)));
  } else if (end.kind === "timeout") {
    say(markLine("fail", `Cell ${end.number} ran past its time limit and was interrupted.`));
  } else {
    say(markLine("note", `Interrupted in cell ${end.number}; the cells before it are in the notebook.`));
  }
  say();
}

const minutes = (count: number) => (count === 1 ? "a minute" : `${count} min`);
const indent = (text: string) => text.replace(/^/gm, "  ");
