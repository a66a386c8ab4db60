// A run as an RO-Crate 1.1 (https://w3id.org/ro/crate/1.1): one folder with every file of it and ro-crate-metadata.json, which says in
// JSON-LD what each is and which action made it. What archives such as Zenodo and WorkflowHub read.
// Follows the Process Run Crate profile: the run is a CreateAction with instrument, object and result. Authors and licence are what the notebook's
// metadata say (`authors: [{ name }]` as in nbformat, `license`: a name, an address or a sentence).
import { readdir } from "node:fs/promises";
import { basename, extname, join, relative, sep } from "node:path";
import { z } from "zod";
import { fault, hasCode } from "../../../../lib/core/errors.ts";
import { copyFile, writeDirectoryAtomic, writeFileAtomic } from "../../../../lib/core/files.ts";
import type { RunManifest } from "./manifest.ts";
import { describeFile } from "./repository.ts";

const METADATA = "ro-crate-metadata.json";
const TYPES: Readonly<Record<string, string>> = {
  ".ipynb": "application/x-ipynb+json",
  ".json": "application/json",
  ".html": "text/html",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".tex": "application/x-tex",
};

/** Where a notebook states none; a crate must say something. */
const NO_LICENSE = "No licence is stated: ask the authors before you use it.";

const aboutSchema = z.object({
  license: z.string().min(1).catch(NO_LICENSE),
  authors: z.array(z.object({ name: z.string().min(1) })).catch([]),
});

export interface CrateInput {
  /** The notebook's metadata. */
  readonly about: Readonly<Record<string, unknown>>;
  readonly directory: string;
  readonly manifest: RunManifest;
  /** The notebook as it was given. */
  readonly source: string;
  /** Everything the run wrote. */
  readonly files: readonly string[];
  /** What the files' names in the crate are relative to; a file outside goes by its own name. */
  readonly root: string;
}

/** @throws CRATE_FOLDER the folder holds something that is no crate */
export async function checkCrateFolder(directory: string): Promise<void> {
  const held = await readdir(directory).catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return [] as string[];
    throw error;
  });
  if (held.length === 0 || held.includes(METADATA)) return;
  throw fault("CRATE_FOLDER", `${directory} holds files and is no RO-Crate.`, "name a new folder for --ro-crate.");
}

/** Writes the folder whole or not at all; an older crate there is replaced. */
export async function writeCrate({ about, directory, manifest, source, files, root }: CrateInput): Promise<void> {
  await checkCrateFolder(directory);
  const named = files.map((path) => ({ path, name: nameIn(root, path) }));
  const taken = new Set(named.map(({ name }) => name));
  const input = taken.has(basename(source)) ? `given-${basename(source)}` : basename(source);
  await writeDirectoryAtomic(directory, async (part) => {
    const all = [{ path: source, name: input }, ...named];
    for (const { path, name } of all) await copyFile(path, join(part, name));
    const described = await Promise.all(all.map(({ path, name }) => describeFile(path, name)));
    const metadata = crateMetadata(aboutSchema.parse(about), manifest, input, described);
    await writeFileAtomic(join(part, METADATA), `${JSON.stringify(metadata, null, 2)}\n`);
  });
}

function nameIn(root: string, path: string): string {
  const name = relative(root, path);
  return name.startsWith("..") ? basename(path) : name.split(sep).join("/");
}

type Described = Awaited<ReturnType<typeof describeFile>>;
const ref = (id: string) => ({ "@id": id });

/** Of several the list, of one itself, of none nothing: as JSON-LD is flattened. */
const refs = (ids: readonly string[]) =>
  ids.length > 1 ? ids.map(ref) : ids[0] === undefined ? undefined : ref(ids[0]);
/** The profile's checkers take an offset, and no Z. */
const timeText = (ms: number): string => new Date(ms).toISOString().replace("Z", "+00:00");

function crateMetadata(
  { license, authors }: z.infer<typeof aboutSchema>,
  manifest: RunManifest,
  input: string,
  files: readonly Described[],
) {
  const results = files.map(({ name }) => name).filter((name) => name !== input);
  const { version, node } = manifest.kernel ?? {};
  const ended = Date.parse(manifest.created);
  const people = authors.map(({ name }, i) => entity(`#author-${i + 1}`, "Person", { name }));
  const by = refs(people.map((person) => person["@id"]));
  const graph = [
    {
      "@id": METADATA,
      "@type": "CreativeWork",
      conformsTo: ref("https://w3id.org/ro/crate/1.1"),
      about: ref("./"),
    },
    {
      "@id": "./",
      "@type": "Dataset",
      name: `Run of ${manifest.notebook}`,
      description: `${manifest.notebook}, executed from top to bottom by Blankslate, with what it gave.`,
      datePublished: timeText(ended),
      license,
      author: by,
      conformsTo: ref("https://w3id.org/ro/wfrun/process/0.5"),
      hasPart: files.map(({ name }) => ref(name)),
      mentions: ref("#run"),
    },
    entity("https://w3id.org/ro/wfrun/process/0.5", "CreativeWork", { name: "Process Run Crate", version: "0.5" }),
    entity("#blankslate", "SoftwareApplication", {
      name: "Blankslate",
      softwareVersion: version,
      softwareRequirements: `Node ${node}`,
    }),
    {
      "@id": "#run",
      "@type": "CreateAction",
      name: `Execution of ${manifest.notebook}`,
      description: `Every code cell of ${manifest.notebook} in order, on a kernel of its own: ${manifest.end}.`,
      agent: by,
      instrument: ref("#blankslate"),
      object: refs([input, ...Object.keys(manifest.parameters).map((name) => `#parameter-${name}`)]),
      result: refs(results),
      startTime: timeText(ended - manifest.wallSeconds * 1000),
      endTime: timeText(ended),
      actionStatus: `http://schema.org/${manifest.end === "finished" ? "CompletedActionStatus" : "FailedActionStatus"}`,
    },
    ...people,
    ...Object.entries(manifest.parameters).map(([name, value]) =>
      entity(`#parameter-${name}`, "PropertyValue", {
        name,
        value: typeof value === "object" ? JSON.stringify(value) : value,
      }),
    ),
    ...files.map(({ name, bytes, sha256 }) =>
      entity(name, "File", {
        name: basename(name),
        encodingFormat: TYPES[extname(name)] ?? "application/octet-stream",
        contentSize: String(bytes),
        sha256,
      }),
    ),
  ];
  return { "@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph };
}

function entity(id: string, type: string, properties: Readonly<Record<string, unknown>>) {
  return { "@id": id, "@type": type, ...properties };
}
