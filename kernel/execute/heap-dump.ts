// What V8 writes to stderr when its heap is full: its last collections and addresses of machine code, which tell the user of a notebook nothing. It is held
// back until its process has ended. A program that the process started may run out of its own heap and say the same: V8 begins with the number of
// the process, in one write.

export class HeapDump {
  readonly #begin: RegExp;
  #held = "";

  /** @param pid of the process whose stderr it is */
  constructor(pid: number) {
    this.#begin = new RegExp(`\\r?\\n<--- Last few GCs --->\\r?\\n\\s*\\[${pid}:`);
  }

  /** @returns what of the text is none */
  take(text: string): string {
    if (this.#held === "") {
      const begin = this.#begin.exec(text)?.index ?? text.length;
      this.#held = text.slice(begin);
      return text.slice(0, begin);
    }
    this.#held += text;
    return "";
  }

  /** @returns what was held back: the dump, when the process has ended; another text, when it goes on */
  release(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }
}
