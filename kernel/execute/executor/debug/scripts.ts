// The scripts that V8 has told of: which are the user's own (cells, and files that are neither a package's nor Blankslate's), their paths
// in the debug protocol, and where they can be stopped, in the user's own lines.
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { cellPath } from "../../cell-path.ts";
import type { Place } from "./handle.ts";
import { type Inspector, isRefusal } from "./inspector.ts";

/** A place where V8 can stop: in the script from 0, as V8 counts, and in the user's source from 1. */
export interface Stop {
  readonly scriptLine: number;
  readonly scriptColumn: number;
  readonly line: number;
  readonly column: number;
}

export interface OwnScript {
  readonly id: string;
  readonly url: string;
  readonly path: string;
  /** "In[3]", or a file's name. */
  readonly name: string;
}

interface Location {
  readonly lineNumber: number;
  readonly columnNumber?: number | undefined;
}

const INSTALL = new URL("../../../../", import.meta.url).href;
/** Blankslate's own, as a pattern of V8's. Node's internals do not heed such patterns; pauses.ts steps out of them. */
const INSTALLED = ["kernel", "lib", "node_modules"].map((part) => `^${literally(INSTALL)}${part}/`);
const PACKAGES = "/node_modules/";
/** Where stepping never goes. */
export const FOREIGN = [...INSTALLED, PACKAGES];
/** Where errors of the user's calls are not looked for either. */
export const KERNEL = INSTALLED.slice(0, 1);

const MAX_SKETCHES = 20;

/** V8 tells a later session of them too. */
let drawn = 0;

export class Scripts {
  readonly #inspector: Inspector;
  readonly #prefix: string;
  readonly #urls = new Map<string, string>();
  readonly #own = new Map<string, Promise<OwnScript | undefined>>();
  readonly #stops = new Map<string, Promise<readonly Stop[]>>();
  readonly #sketches = new Map<string, Promise<readonly Stop[]>>();

  /** @param prefix of the cells' paths */
  constructor(inspector: Inspector, prefix: string) {
    this.#inspector = inspector;
    this.#prefix = prefix;
    inspector.session.on("Debugger.scriptParsed", ({ params: { scriptId, url } }) => {
      // Those without a name are the debugger's own questions.
      if (url !== "") this.#urls.set(scriptId, url);
    });
  }

  /** @returns the script if it is the user's own */
  own(id: string): Promise<OwnScript | undefined> {
    const known = this.#own.get(id);
    if (known) return known;
    const made = this.#describe(id, this.#urls.get(id) ?? "");
    this.#own.set(id, made);
    return made;
  }

  /** @returns the user's scripts with this path: a cell's that ran more than once has several */
  async withPath(path: string): Promise<readonly OwnScript[]> {
    return (await this.all()).filter((script) => script.path === path);
  }

  async all(): Promise<readonly OwnScript[]> {
    const scripts = await Promise.all([...this.#urls.keys()].map((id) => this.own(id)));
    return scripts.filter((script) => script !== undefined);
  }

  /** Where a script can be stopped, in the order of the user's lines. */
  stops({ id, url }: OwnScript): Promise<readonly Stop[]> {
    const known = this.#stops.get(id);
    if (known) return known;
    const made = this.#find(id, (places) => this.#inspector.ask("locate", url, places));
    this.#stops.set(id, made);
    return made;
  }

  /** The same of a cell that has not run: V8 compiles it, and nobody runs it. */
  sketch(code: string): Promise<readonly Stop[]> {
    const known = this.#sketches.get(code);
    if (known) return known;
    const made = this.#draw(code);
    this.#sketches.set(code, made);
    for (const oldest of this.#sketches.keys()) if (this.#sketches.size > MAX_SKETCHES) this.#sketches.delete(oldest);
    return made;
  }

  /** @returns the user's place; undefined in what the kernel added */
  async locate({ url }: OwnScript, { lineNumber, columnNumber = 0 }: Location): Promise<Place | undefined> {
    const [place] = await this.#inspector.ask("locate", url, [[lineNumber + 1, columnNumber + 1]]);
    return place ?? undefined;
  }

  /** @returns the text behind a path */
  async text(path: string): Promise<string | undefined> {
    const script = (await this.withPath(path)).at(-1);
    if (!script) return undefined;
    return script.url.startsWith("file:") ? readFile(path, "utf8") : this.#inspector.ask("cell", script.url);
  }

  async #describe(id: string, url: string): Promise<OwnScript | undefined> {
    if (url.startsWith("In[")) {
      const code = await this.#inspector.ask("cell", url);
      return code === undefined
        ? undefined
        : { id, url, path: cellPath(this.#prefix, code), name: url.replace(/~\d+$/, "") };
    }
    if (!url.startsWith("file:") || url.includes(PACKAGES) || INSTALLED.some((part) => new RegExp(part).test(url)))
      return undefined;
    const path = fileURLToPath(url.replace(/[?#].*$/, ""));
    return { id, url, path, name: basename(path) };
  }

  async #draw(code: string): Promise<readonly Stop[]> {
    const url = `blankslate:sketch${++drawn}`;
    const text = await this.#inspector.ask("sketch", code);
    if (text === "") return [];
    const { objectId } = await this.#inspector.evaluate(`${text}\n//# sourceURL=${url}`);
    const id = [...this.#urls].find(([, known]) => known === url)?.[0];
    if (id === undefined || objectId === undefined) return [];
    const stops = await this.#find(id, (places) => this.#inspector.ask("locateIn", code, places));
    await this.#inspector.post("Runtime.releaseObject", { objectId });
    this.#urls.delete(id);
    return stops;
  }

  async #find(id: string, locate: (places: Place[]) => Promise<(Place | null)[]>): Promise<readonly Stop[]> {
    const start = { scriptId: id, lineNumber: 0, columnNumber: 0 };
    const locations = await this.#possible(start);
    const places = await locate(
      locations.map(({ lineNumber, columnNumber = 0 }) => [lineNumber + 1, columnNumber + 1]),
    );
    const stops = locations.flatMap(({ lineNumber, columnNumber = 0 }, i) => {
      const place = places[i];
      return place ? [{ scriptLine: lineNumber, scriptColumn: columnNumber, line: place[0], column: place[1] }] : [];
    });
    return stops.sort((a, b) => a.line - b.line || a.column - b.column);
  }

  async #possible(start: Location): Promise<readonly Location[]> {
    try {
      const found = await this.#inspector.post<{ locations: Location[] }>("Debugger.getPossibleBreakpoints", { start });
      return found.locations;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // Nothing uses the script any more, so V8 has let it go.
      return [];
    }
  }
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
