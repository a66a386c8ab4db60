// What `blankslate run` shows while it works. On a terminal: one line per finished cell, the running one below with its time and the latest
// thing it said, redrawn in place. Elsewhere (a log, a pipe): one plain line per cell, and what it says at most every 15 s.
import { stripVTControlCharacters } from "node:util";
import { duration, faint, MARKS, paint } from "../terminal.ts";
import type { RunWatch } from "./execute.ts";
import type { CodeCell, ErrorOutput, Notebook } from "./notebook.ts";

const REDRAW_MS = 100;
const LOG_MS = 15_000;
const SPINNER = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

export class RunProgress implements RunWatch {
  readonly #out: NodeJS.WriteStream;
  readonly #live: boolean;
  readonly #total: number;
  readonly #headings: ReadonlyMap<CodeCell, readonly string[]>;
  #timer: NodeJS.Timeout | undefined;
  #running: { number: number; cell: CodeCell; since: number; said: string; loggedAt: number } | undefined;
  #drawn = 0;
  #frame = 0;

  constructor(notebook: Notebook, out: NodeJS.WriteStream = process.stdout) {
    this.#out = out;
    this.#live = out.isTTY && process.env["TERM"] !== "dumb";
    this.#total = notebook.cells.filter((cell) => cell.cell_type === "code").length;
    this.#headings = headingsBefore(notebook);
  }

  cellStarted(number: number, cell: CodeCell): void {
    for (const heading of this.#headings.get(cell) ?? []) this.#print(`\n  ${paint("bold", heading)}`);
    this.#running = { number, cell, since: performance.now(), said: "", loggedAt: performance.now() };
    if (!this.#live) return;
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#draw();
  }

  cellSaid(line: string): void {
    if (!this.#running) return;
    const said = stripVTControlCharacters(line).trim();
    this.#running.said = said;
    const { loggedAt } = this.#running;
    if (this.#live || performance.now() - loggedAt < LOG_MS) return;
    this.#running.loggedAt = performance.now();
    this.#print(`        ${said}`);
  }

  cellEnded(number: number, cell: CodeCell, ms: number, error: ErrorOutput | undefined): void {
    clearInterval(this.#timer);
    this.#out.write(this.#erased());
    this.#running = undefined;
    const mark = error ? paint("red", MARKS.fail) : paint("green", MARKS.ok);
    this.#print(this.#line(mark, number, cell, ms));
  }

  #print(text: string): void {
    this.#out.write(`${text}\n`);
  }

  #draw(): void {
    if (!this.#running) return;
    const { number, cell, since, said } = this.#running;
    const spinner = paint("cyan", SPINNER[this.#frame++ % SPINNER.length] ?? "");
    const lines = [this.#line(spinner, number, cell, performance.now() - since)];
    if (said !== "") lines.push(`          ${faint(cut(said, this.#width() - 12))}`);
    // One write, so that the terminal never shows the moment between.
    this.#out.write(this.#erased() + lines.join("\n"));
    this.#drawn = lines.length;
  }

  /** @returns what takes the drawn lines away again */
  #erased(): string {
    const lines = this.#drawn;
    this.#drawn = 0;
    return lines === 0 ? "" : `\r\x1b[2K${"\x1b[1A\x1b[2K".repeat(lines - 1)}`;
  }

  #line(mark: string, number: number, cell: CodeCell, ms: number): string {
    const digits = String(this.#total).length;
    const place = `${String(number).padStart(digits)}/${this.#total}`;
    const time = duration(ms).padStart(9);
    const room = this.#width() - place.length - time.length - 8;
    const code = cut(firstLine(cell.source), room);
    return `  ${mark} ${faint(place)}  ${code.padEnd(room)}  ${faint(time)}`;
  }

  #width(): number {
    const columns = this.#live ? this.#out.columns : 100;
    return Math.min(Math.max(columns || 80, 40), 110);
  }
}

/** @returns the line that says most: the first that waits for something, else the first that is neither a comment nor an import */
function firstLine(source: string): string {
  const lines = source.split("\n").map((line) => line.trim());
  const telling = lines.filter((line) => line !== "" && !/^(\/\/|\/\*|\*|import\b)/.test(line));
  return telling.find((line) => /\bawait\b/.test(line)) ?? telling[0] ?? lines.find((line) => line !== "") ?? "";
}

function cut(text: string, width: number): string {
  const characters = Array.from(text);
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join("")}…`;
}

/** Headings stand in Markdown cells; each is shown once, before the first code cell that follows it. */
function headingsBefore(notebook: Notebook): Map<CodeCell, string[]> {
  const before = new Map<CodeCell, string[]>();
  let pending: string[] = [];
  for (const cell of notebook.cells) {
    if (cell.cell_type === "markdown") {
      for (const [, text = ""] of cell.source.matchAll(/^#{1,3}\s+(.+?)\s*#*$/gm))
        pending = [text.replaceAll(/[*_`]/g, "")];
    } else if (cell.cell_type === "code" && cell.source.trim() !== "") {
      before.set(cell, pending);
      pending = [];
    }
  }
  return before;
}
