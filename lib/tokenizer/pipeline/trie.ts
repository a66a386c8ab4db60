// Texts by their letters (UTF-16 units), to find those that a text continues with at a place.

interface Node {
  readonly next: Map<number, Node>;
  value: number | undefined;
}

export class Trie {
  readonly #root: Node = { next: new Map(), value: undefined };

  /** @param value of the first one, where a text is added twice */
  add(text: string, value: number): void {
    if (text === "") return;
    let node = this.#root;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      let next = node.next.get(unit);
      if (!next) node.next.set(unit, (next = { next: new Map(), value: undefined }));
      node = next;
    }
    node.value ??= value;
  }

  /** Calls `found` with every text that stands at a place, the shortest first. */
  prefixes(text: string, from: number, found: (end: number, value: number) => void): void {
    let node: Node | undefined = this.#root;
    for (let i = from; i < text.length; i++) {
      node = node.next.get(text.charCodeAt(i));
      if (!node) return;
      if (node.value !== undefined) found(i + 1, node.value);
    }
  }
}
