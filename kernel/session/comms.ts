// Open comms (the channels of widgets): who opened which target. Their state lives in the executor; this is what comm_info tells, and
// what must be closed when the executor is gone.
export class Comms {
  readonly #targets = new Map<string, string>();

  /** Notes an opening or closing, whichever side it came from. */
  note(kind: string, content: Readonly<Record<string, unknown>>): void {
    const { comm_id: id, target_name: target } = content;
    if (typeof id !== "string") return;
    if (kind === "comm_open" && typeof target === "string") this.#targets.set(id, target);
    if (kind === "comm_close") this.#targets.delete(id);
  }

  /** @param target only comms of this target */
  info(target?: string): Record<string, { target_name: string }> {
    const wanted = [...this.#targets].filter(([, name]) => target === undefined || name === target);
    return Object.fromEntries(wanted.map(([id, name]) => [id, { target_name: name }]));
  }

  /** Forgets all. @returns their ids */
  clear(): string[] {
    const ids = [...this.#targets.keys()];
    this.#targets.clear();
    return ids;
  }
}
