// What V8 writes to stderr when its heap is full: its last collections and addresses of machine code, which tell the user of a notebook nothing. It is held
// back until its process has ended. Others may say the same of theirs: V8 writes at once how it begins, lines of collections of which only the end may
// be left, and the number of the process before each.

/** Characters that V8 keeps of its last collections. */
const LINES = 512;

export class HeapDump {
  readonly #begin: RegExp;
  #held = "";

  /** @param pid of the process whose stderr it is */
  constructor(pid: number) {
    this.#begin = new RegExp(`\\r?\\n<--- Last few GCs --->\\r?\\n[^]{0,${LINES}}?\\[${pid}:0x`);
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
