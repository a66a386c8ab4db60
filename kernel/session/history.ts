// What this user ran, in all kernels: one SQLite file per user, which several kernels may write at once (WAL, short transactions).
// Bounded: old entries go when a kernel starts. Only inputs are kept; outputs belong to notebooks.
import { homedir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { hasCode } from "../../lib/core/errors.ts";
import { makeDirectory } from "../../lib/core/files.ts";
import { log } from "../wire/log.ts";
import type { Content } from "../wire/messages.ts";

/** Entries kept; a busy user runs about 300 cells a day. */
export const MAX_ENTRIES = 50_000;
/** Longer cells (pasted data) are not remembered, in UTF-16 units. */
const MAX_SOURCE = 100_000;
/** How long a write waits for another kernel's. */
const BUSY_MS = 100;

/** [session, line, source]; the protocol's shape, session and line count from 1. */
export type Entry = readonly [number, number, string];

interface Row {
  readonly session: number;
  readonly line: number;
  readonly source: string;
}

export class History {
  readonly #database: DatabaseSync;
  readonly session: number;

  private constructor(database: DatabaseSync) {
    this.#database = database;
    database.exec(`PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS sessions (session INTEGER PRIMARY KEY AUTOINCREMENT, started TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS history (entry INTEGER PRIMARY KEY, session INTEGER NOT NULL, line INTEGER NOT NULL, source TEXT NOT NULL);
      DELETE FROM history WHERE entry <= (SELECT max(entry) FROM history) - ${MAX_ENTRIES};`);
    const { lastInsertRowid } = database
      .prepare("INSERT INTO sessions (started) VALUES (?)")
      .run(new Date().toISOString());
    this.session = Number(lastInsertRowid);
  }

  /** @param file ":memory:" keeps it to this process */
  static async open(file: string): Promise<History> {
    const { DatabaseSync } = await import("node:sqlite");
    if (file !== ":memory:") await makeDirectory(join(file, ".."), 0o700);
    return new History(new DatabaseSync(file));
  }

  add(line: number, source: string): void {
    if (source.length > MAX_SOURCE || source.trim() === "") return;
    try {
      this.#database
        .prepare("INSERT INTO history (session, line, source) VALUES (?, ?, ?)")
        .run(this.session, line, source);
    } catch (error) {
      // Another kernel holds the file, or the disk is full: the cell itself must run.
      log(`history: an entry was not kept: ${String(error)}`);
    }
  }

  /** @returns the entries asked for, oldest first */
  query(request: Content<"history_request">): Entry[] {
    const { hist_access_type: kind } = request;
    const rows =
      kind === "tail" ? this.#tail(request.n) : kind === "range" ? this.#range(request) : this.#search(request);
    return rows.map(({ session, line, source }) => [session, line, source]);
  }

  close(): void {
    this.#database.close();
  }

  #tail(n = 1_000): Row[] {
    return this.#rows("SELECT * FROM history ORDER BY entry DESC LIMIT ?", n).toReversed();
  }

  /** Session 0 is this one, -1 the one before; `stop` is exclusive. */
  #range({ session, start, stop }: Content<"history_request">): Row[] {
    const wanted = session > 0 ? session : this.session + session;
    const end = stop ?? Number.MAX_SAFE_INTEGER;
    return this.#rows(
      "SELECT * FROM history WHERE session = ? AND line >= ? AND line < ? ORDER BY entry",
      wanted,
      start,
      end,
    );
  }

  /** `pattern` is a glob: * for anything, ? for one character. */
  #search({ pattern, n, unique }: Content<"history_request">): Row[] {
    const limit = n ?? MAX_ENTRIES;
    const from = unique
      ? "(SELECT session, line, source, max(entry) AS entry FROM history WHERE source GLOB ? GROUP BY source)"
      : "(SELECT * FROM history WHERE source GLOB ?)";
    // In a glob of SQLite [ opens a class; the protocol knows only * and ?.
    const glob = pattern.replaceAll("[", "[[]");
    return this.#rows(`SELECT * FROM ${from} ORDER BY entry DESC LIMIT ?`, glob, limit).toReversed();
  }

  #rows(sql: string, ...values: (string | number)[]): Row[] {
    return this.#database.prepare(sql).all(...values) as unknown as Row[];
  }
}

/** The user's history; in memory for this kernel alone when the file cannot be used. */
export async function openUserHistory(environment: NodeJS.ProcessEnv = process.env): Promise<History> {
  const file = join(dataFolder(environment), "history.sqlite");
  try {
    return await History.open(file);
  } catch (error) {
    log(
      `history: ${file} cannot be used (${hasCode(error, "EACCES") ? "no permission" : String(error)}); kept in memory`,
    );
    return History.open(":memory:");
  }
}

function dataFolder(environment: NodeJS.ProcessEnv): string {
  const own = environment["BLANKSLATE_DATA"];
  if (own) return own;
  if (process.platform === "darwin") return join(homedir(), "Library", "Application Support", "blankslate");
  if (process.platform === "win32") {
    return join(environment["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local"), "blankslate", "Data");
  }
  return join(environment["XDG_DATA_HOME"] || join(homedir(), ".local", "share"), "blankslate");
}
