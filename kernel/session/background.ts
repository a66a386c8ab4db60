// What a kernel needs soon, but not before its first answer: the language worker and the user's history. Each starts at its first use.
import { existsSync, utimesSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startHelper } from "../execute/helper-process.ts";
import { declarationsFile } from "../language/declarations.ts";
import { type LanguageService, type StartWorker, startLanguage, startThread } from "../language/language.ts";
import type { Answered } from "../language/messages.ts";
import { snapshotArgv, snapshotFile } from "../language/snapshot.ts";
import { packFolder } from "../packed.mjs";
import { log } from "../wire/log.ts";
import { readSettings } from "../../lib/core/settings.ts";
import type { CheckLevel } from "../../lib/core/magics.ts";
import type { History } from "./history.ts";
import { lastingLanguage } from "./lasting-language.ts";

/** A cell comes into the history this long after it came in: a write takes half a millisecond, which no answer should wait for. */
const WRITE_AFTER_MS = 50;

const PACKAGE_ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Of the user's settings. A file that is wrong must not keep a kernel from starting. */
function checkLevel(): CheckLevel {
  try {
    return readSettings().check ?? "error";
  } catch (error) {
    log(String(error));
    return "error";
  }
}

/** From its snapshot, where there is one. One that does not start (made on another machine) is not tried again. */
function workerStarter(): StartWorker {
  const file = snapshotFile();
  let works: boolean | undefined;
  return (places, { message, ended }) => {
    for (const used of [file, declarationsFile(PACKAGE_ROOT), packFolder()]) markUsed(used);
    // It may have been removed since, with its version.
    if (works === false || !existsSync(file)) return startThread(places, { message, ended });
    return startHelper(snapshotArgv(file, places), {
      message(answered) {
        works = true;
        message(answered as Answered);
      },
      ended(what) {
        works ??= false;
        ended(what);
      },
    });
  };
}

/** What no kernel uses is removed (command/unused.ts). */
function markUsed(path: string): void {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // Not there, or in a cache that is only read, where nobody removes it.
  }
}

export class Background {
  readonly #cwd: string;
  #language: LanguageService | null = null;
  #history: Promise<History> | null = null;
  /** Not in the history yet: line and source. */
  #unwritten: (readonly [number, string])[] = [];
  #writing: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(cwd: string) {
    this.#cwd = cwd;
  }

  language(): LanguageService {
    const places = { cwd: this.#cwd, packageRoot: PACKAGE_ROOT, declared: true };
    if (this.#language) return this.#language;
    const start = workerStarter();
    return (this.#language = lastingLanguage(() => startLanguage(places, checkLevel(), start)));
  }

  /** The variables are gone, so their types are. */
  forgetTypes(): void {
    this.#language?.forget().catch((error: unknown) => this.#failed(error));
  }

  /** A cell that starts to run: what it declares is known from here on. */
  declare(code: string): void {
    this.language()
      .remember(code)
      .catch((error: unknown) => this.#failed(error));
  }

  /** The cell has ended. */
  settled(): void {
    this.#language?.settled();
  }

  /** @returns the history, with every cell in it that came in before */
  async history(): Promise<History> {
    this.#history ??= import("./history.ts").then(({ openUserHistory }) => openUserHistory());
    const history = await this.#history;
    clearTimeout(this.#writing);
    this.#writing = undefined;
    for (const [line, source] of this.#unwritten.splice(0)) history.add(line, source);
    return history;
  }

  remember(line: number, source: string): void {
    this.#unwritten.push([line, source]);
    this.#writing ??= setTimeout(() => {
      this.history().catch((error: unknown) => log(`history: ${String(error)}`));
    }, WRITE_AFTER_MS);
  }

  /** What is asked of the worker while the kernel ends has no answer, and needs none. */
  #failed(error: unknown): void {
    if (!this.#closed) log(`language: ${String(error).split("\n")[0]}`);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#language?.close();
    if (this.#history || this.#unwritten.length > 0) (await this.history()).close();
  }
}
