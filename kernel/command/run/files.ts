// What a run leaves behind: the executed notebook and, if asked, page, PDF, figures, tables; its manifest; an RO-Crate of all of it.
import { basename, dirname, join, relative, resolve } from "node:path";
import { writeFileAtomic } from "../../../lib/core/files.ts";
import type { ManifestFile, RunManifest } from "./manifest/manifest.ts";
import { describeFile } from "./manifest/repository.ts";
import { encodeNotebook, type Notebook } from "./notebook.ts";

/** What to write; true: beside the executed notebook. */
export interface Wanted {
  readonly html?: string | true;
  readonly pdf?: string | true;
  readonly figures?: string;
  readonly latexTables?: string;
  readonly roCrate?: string;
}

export interface WrittenFiles {
  readonly html: string | undefined;
  /** A name and what is said of it, in the order in which a reader wants them. */
  readonly said: readonly (readonly [name: string, path: string, more?: string])[];
}

/**
 * @param source the notebook as it was given
 * @param output where the executed one goes
 */
export async function writeFiles(
  source: string,
  output: string,
  notebook: Notebook,
  manifest: RunManifest,
  wanted: Wanted,
): Promise<WrittenFiles> {
  const said: [string, string, string?][] = [["notebook", output]];
  const paths = [output];
  const write = async (path: string, data: string | Uint8Array) => {
    await writeFileAtomic(path, data);
    paths.push(path);
  };
  await (await import("./pictures/draw.ts")).drawFigures(notebook);
  notebook.metadata["blankslate"] = { ...(notebook.metadata["blankslate"] as object), manifest };
  await writeFileAtomic(output, encodeNotebook(notebook));

  const html = besides(output, wanted.html, ".html");
  const pdf = besides(output, wanted.pdf, ".pdf");
  if (html ?? pdf) {
    const { notebookPage } = await import("../html/page.ts");
    const page = await notebookPage(notebook, { name: basename(source), folder: dirname(resolve(source)) });
    if (html) {
      await write(html, page);
      said.push(["page", html]);
    }
    if (pdf) {
      await (await import("../html/pdf.ts")).writePdf(page, pdf);
      paths.push(pdf);
      said.push(["PDF", pdf]);
    }
  }
  if (wanted.figures !== undefined) {
    const { figuresOf } = await import("./pictures/figures.ts");
    const { files, count, missing } = figuresOf(notebook);
    for (const { name, content } of files) await write(resolve(wanted.figures, name), content);
    const lost = missing === 0 ? "" : `; ${missing} figures of other libraries left no picture in the notebook`;
    said.push(["figures", resolve(wanted.figures), `${count}, as PNG and SVG${lost}`]);
  }
  if (wanted.latexTables !== undefined) {
    const { tablesOf } = await import("./pictures/tables.ts");
    const files = tablesOf(notebook);
    for (const { name, content } of files) await write(resolve(wanted.latexTables, name), content);
    said.push(["tables", resolve(wanted.latexTables), `${files.length}`]);
  }

  const beside = `${output.replace(/\.ipynb$/, "")}.manifest.json`;
  const artefacts = await Promise.all(paths.map((path) => describeFile(path, relative(dirname(output), path))));
  await write(beside, `${JSON.stringify({ ...manifest, artefacts } satisfies ManifestFile, null, 2)}\n`);
  said.push(["manifest", beside]);
  if (wanted.roCrate !== undefined) {
    const { writeCrate } = await import("./manifest/crate.ts");
    const directory = resolve(wanted.roCrate);
    await writeCrate({
      about: notebook.metadata,
      directory,
      manifest,
      source: resolve(source),
      files: paths,
      root: dirname(output),
    });
    said.push(["crate", join(directory, "ro-crate-metadata.json")]);
  }
  return { html, said };
}

/** @returns where an extra file goes: where asked, or beside the executed notebook */
function besides(output: string, asked: string | true | undefined, ending: string): string | undefined {
  return asked === true ? output.replace(/\.ipynb$/, "") + ending : asked && resolve(asked);
}
