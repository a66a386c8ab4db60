// Which request a cell's output belongs to, for as long as the kernel lives: the executor knows cells by a short name, clients know
// requests by their headers. Also remembers whom to ask when the cell wants input.
import type { Request } from "./post.ts";

export interface Cell {
  readonly name: string;
  /** The number shown as In [n]. */
  readonly count: number;
  readonly header: Request["header"];
  readonly identities: readonly Buffer[];
  readonly allowStdin: boolean;
  /** Nothing it shows is sent. */
  readonly silent: boolean;
}

/** Cells remembered, about 0.5 KiB each. Output of a cell older than that is shown under the latest one. */
const MAX_CELLS = 20_000;

export class Cells {
  readonly #cells = new Map<string, Cell>();
  #latest: Cell | undefined;
  /** Of the cell before: a client's are the same each time, and ZeroMQ hands out memory of their own each time, half of what a cell costs. */
  #identities: readonly Buffer[] = [];
  #made = 0;

  add(request: Request, options: Pick<Cell, "count" | "allowStdin" | "silent">): Cell {
    const cell = this.#remember(request, options);
    this.#latest = cell;
    return cell;
  }

  /** A request that is no cell but can print: a widget's message. */
  addAside(request: Request): Cell {
    return this.#remember(request, { count: 0, allowStdin: false, silent: false });
  }

  #remember(request: Request, options: Pick<Cell, "count" | "allowStdin" | "silent">): Cell {
    const { header, identities } = request;
    const isSame =
      identities.length === this.#identities.length && identities.every((id, i) => this.#identities[i]?.equals(id));
    if (!isSame) this.#identities = identities.map((id) => Buffer.from(id));
    const cell = { name: `c${++this.#made}`, header, identities: this.#identities, ...options };
    this.#cells.set(cell.name, cell);
    if (this.#cells.size > MAX_CELLS) {
      for (const oldest of this.#cells.keys()) {
        this.#cells.delete(oldest);
        break;
      }
    }
    return cell;
  }

  /** @returns the cell, or the latest one for a name that is unknown; undefined before the first cell */
  find(name: string): Cell | undefined {
    return this.#cells.get(name) ?? this.#latest;
  }

  /** The cell that ran last, or runs. */
  get latest(): Cell | undefined {
    return this.#latest;
  }
}
