// Names of files made from outputs: the code cell's number and what the output is called, "09-accuracy-by-test-set.svg"; a second one of
// that name in its cell ends in -2. They stay what they are when the notebook runs again.
import type { MimeBundle } from "../../../../lib/core/host.ts";
import type { Notebook } from "../notebook.ts";

export interface OutputFile {
  readonly name: string;
  readonly content: string | Uint8Array;
}

/** What one output becomes: a title, and a file per ending. */
interface Made {
  readonly title: string;
  readonly contents: Readonly<Record<string, string | Uint8Array>>;
}

const MAX_TITLE = 48;

/** @example slug("pass@k, test") // "pass-k-test" */
export function slug(title: string): string {
  const plain = title
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/&\w+;|&#\d+;/g, " ")
    .replaceAll(/[^a-z0-9]+/g, "-");
  const words = plain.replaceAll(/^-+|-+$/g, "");
  // Whole words only.
  const cut = words.length <= MAX_TITLE ? words : words.slice(0, MAX_TITLE + 1).replace(/-[^-]*$/, "");
  return cut.slice(0, MAX_TITLE) || "output";
}

/** @param make undefined for an output that becomes no file */
export function outputFiles(notebook: Notebook, make: (bundle: MimeBundle) => Made | undefined): OutputFile[] {
  const code = notebook.cells.filter((cell) => cell.cell_type === "code");
  const digits = Math.max(2, String(code.length).length);
  return code.flatMap((cell, index) => {
    const taken = new Map<string, number>();
    return cell.outputs.flatMap((output) => {
      const made = "data" in output ? make(output.data) : undefined;
      if (!made) return [];
      const base = `${String(index + 1).padStart(digits, "0")}-${slug(made.title)}`;
      const nth = (taken.get(base) ?? 0) + 1;
      taken.set(base, nth);
      const name = nth === 1 ? base : `${base}-${nth}`;
      return Object.entries(made.contents).map(([ending, content]) => ({ name: `${name}.${ending}`, content }));
    });
  });
}
