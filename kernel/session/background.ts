// What a kernel needs soon, but not before its first answer: the language worker and the user's history. Each starts at its first use.
import { log } from "../wire/log.ts";
import type { History } from "./history.ts";

export class Background {
  #history: Promise<History> | null = null;

  history(): Promise<History> {
    return (this.#history ??= import("./history.ts").then(({ openUserHistory }) => openUserHistory()));
  }

  remember(line: number, source: string): void {
    this.history()
      .then((history) => history.add(line, source))
      .catch((error: unknown) => log(`history: ${String(error)}`));
  }

  async close(): Promise<void> {
    (await this.#history)?.close();
  }
}
