// Magics of whole cells that are no TypeScript: what they show, and the file they write. Also where magics find files.
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { fault } from "../../../../lib/core/errors.ts";
import { host } from "../../../../lib/core/host.ts";

const show = (mime: string) => (_: string, body: string) => host().display({ [mime]: body, "text/plain": body });

/** `%%html` and its like. */
export const shownAs = {
  html: show("text/html"),
  markdown: show("text/markdown"),
  latex: show("text/latex"),
  svg: show("image/svg+xml"),
  javascript: show("application/javascript"),
} as const;

/**
 * @param path from the notebook's folder; `.ts` may be left out
 * @throws FILE_NOT_FOUND
 */
export function fileAt(folder: string, path: string, magic: string): string {
  const file = resolve(folder, path);
  const found = path === "" ? undefined : [file, `${file}.ts`].find((f) => existsSync(f));
  if (found === undefined)
    throw fault("FILE_NOT_FOUND", `there is no file ${file}.`, `${magic} takes a path from the notebook's folder`);
  return found;
}

/** @param rest `FILE`, or `-a FILE` to add to its end */
export async function writeCell(folder: string, rest: string, body: string): Promise<void> {
  const [, append, path = ""] = /^(-a\s+)?(.*)$/.exec(rest) ?? [];
  if (path === "") throw fault("NO_FILE", "%%writefile needs the name of a file.", "%%writefile helper.ts");
  const file = resolve(folder, path);
  const before = append !== undefined && existsSync(file) ? readFileSync(file, "utf8") : "";
  const text = body.endsWith("\n") || body === "" ? body : `${body}\n`;
  // It brings Node's cryptography along, 7 ms of every start.
  const { writeFileAtomic } = await import("../../../../lib/core/files.ts");
  await writeFileAtomic(file, before + text);
  process.stdout.write(`${before === "" ? "wrote" : "added to"} ${file}\n`);
}
