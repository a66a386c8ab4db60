// Hot reload: a file of the user's that changed since it was loaded is loaded anew by the next import in a cell, and so is every
// file that imports it. All others keep their state. Files in node_modules and Blankslate's own are never reloaded.
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";

interface LoadedFile {
  /** Modification time and size when it was last seen. */
  seen: string;
  /** 0 is the file's plain URL; later versions get `?reload=n`. */
  version: number;
  /** Files that import it. */
  readonly importers: Set<string>;
}

export interface Freshness {
  /** Looks at every loaded file; changed ones get a new version. */
  refresh(): void;
  /** The URL to load a resolved file under. @param parent the importing file, undefined for a cell */
  stamp(url: string, parent: string | undefined): string;
  /** A specifier without our mark. */
  plain(specifier: string): string;
}

const MARK = /\?reload=\d+$/;

/** @param isOurs files that are never reloaded */
export function createFreshness(isOurs: (url: string) => boolean): Freshness {
  const files = new Map<string, LoadedFile>();
  const isWatched = (url: string) => url.startsWith("file:") && !url.includes("/node_modules/") && !isOurs(url);

  function renew(url: string, done: Set<string>): void {
    const file = files.get(url);
    if (!file || done.has(url)) return;
    done.add(url);
    file.version++;
    for (const importer of file.importers) renew(importer, done);
  }

  return {
    refresh() {
      const done = new Set<string>();
      for (const [url, file] of files) {
        const now = fingerprint(url);
        if (now === file.seen) continue;
        file.seen = now;
        renew(url, done);
      }
    },
    stamp(resolved, parent) {
      const url = resolved.replace(MARK, "");
      // A query of the user's own says what they want.
      if (!isWatched(url) || url.includes("?")) return resolved;
      let file = files.get(url);
      if (!file) files.set(url, (file = { seen: fingerprint(url), version: 0, importers: new Set() }));
      if (parent && isWatched(parent)) file.importers.add(parent.replace(MARK, ""));
      return file.version === 0 ? url : `${url}?reload=${file.version}`;
    },
    plain: (specifier) => specifier.replace(MARK, ""),
  };
}

function fingerprint(url: string): string {
  const stat = statSync(fileURLToPath(url), { throwIfNoEntry: false });
  return stat ? `${stat.mtimeMs} ${stat.size}` : "";
}
