// Files of a hub repository on this machine: downloaded once, found again without a network. What is asked for by branch or tag is remembered as
// the commit that it was.
import { existsSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { HubApiError, datasetInfo, listFiles, modelInfo } from "@huggingface/hub";
import { fault, hasCode } from "../../core/errors.ts";
import { host } from "../../core/host.ts";
import { pathWithin, writeFileAtomic } from "../../core/files.ts";
import { downloadFile } from "./download.ts";
import { accessToken, cachePlace, endpoint, isOffline } from "./repository.ts";
import type { HubRepository } from "./repository.ts";

export interface Snapshot {
  /** The commit whose files these are: what an appendix should name as `revision`. */
  readonly commit: string;
  /** Holds them under their names in the repository. */
  readonly folder: string;
  /** Those that were wanted, in the order of their names. */
  readonly files: readonly string[];
}

/** Of a repository's files, by its path in it; `all` are the paths of those that are there. */
type Wanted = (path: string, at: number, all: readonly string[]) => boolean;

/**
 * Downloads what is wanted and not here yet, with a line that says how far it is; an interrupt stops it, and the next call goes on.
 * @param wanted of the repository's files, by their paths in it
 * @throws HUB_UNREACHABLE  no network (or HF_HUB_OFFLINE), and the snapshot is not in the cache
 * @throws HUB_MISSING      there is no such repository, revision or file, or it is hidden without HF_TOKEN
 * @throws HUB_DAMAGED      see downloadFile
 */
export async function hubSnapshot(repository: HubRepository, wanted: Wanted): Promise<Snapshot> {
  const { name, revision = "main" } = repository;
  if (!/^[\w.-]+\/[\w.-]+$|^[\w.-]+$/u.test(name) || name.includes(".."))
    throw fault("HUB_MISSING", `${JSON.stringify(name)} is no name of a repository.`, 'write "owner/name".');
  if (isOffline()) return cached(repository, wanted, "HF_HUB_OFFLINE is set");
  let commit: string;
  let listed: string[];
  try {
    commit = await commitOf(repository, revision);
    listed = await pathsOf(repository, commit);
  } catch (error) {
    if (error instanceof HubApiError && error.statusCode < 500) throw refusal(repository, revision, error);
    return cached(repository, wanted, error instanceof Error ? error.message : String(error));
  }
  const place = cachePlace(repository);
  const files = listed.filter(wanted).toSorted();
  const folder = place.snapshot(commit);
  await host().cooperate(async (signal) => {
    for (const path of files) {
      // The names come from the hub; the links lead out of the snapshot, into the blobs.
      const target = await pathWithin(place.folder, `snapshots/${commit}/${path}`);
      if (existsSync(target)) continue;
      await downloadFile(repository, commit, path, target, { signal, onBytes: progressOf(name, path) });
    }
  });
  await writeFileAtomic(place.ref(revision), commit);
  return { commit, folder, files };
}

async function commitOf({ type, name }: HubRepository, revision: string): Promise<string> {
  const about = { name, revision, hubUrl: endpoint(), additionalFields: ["sha"] as ["sha"], ...credentials() };
  const { sha } = type === "model" ? await modelInfo(about) : await datasetInfo(about);
  return sha;
}

async function pathsOf(repo: HubRepository, revision: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of listFiles({ repo, revision, recursive: true, hubUrl: endpoint(), ...credentials() }))
    if (entry.type === "file") paths.push(entry.path);
  return paths;
}

function credentials() {
  const token = accessToken();
  return token === undefined ? {} : { accessToken: token };
}

const refusal = ({ name }: HubRepository, revision: string, error: HubApiError) =>
  fault(
    "HUB_MISSING",
    `${name} at ${revision}: the hub answers ${error.statusCode}.`,
    "check the name; a private or gated repository needs HF_TOKEN and its owner's leave.",
    error,
  );

/** What of a snapshot is here. */
async function cached(repository: HubRepository, wanted: Wanted, reason: string): Promise<Snapshot> {
  const { name, revision = "main" } = repository;
  const place = cachePlace(repository);
  const missing = (cause?: unknown) =>
    fault("HUB_UNREACHABLE", `${name} at ${revision} is not in the cache: ${reason}.`, "go online once.", cause);
  let commit = revision;
  if (!existsSync(place.snapshot(revision))) {
    try {
      commit = readFileSync(place.ref(revision), "utf8").trim();
    } catch (error) {
      throw hasCode(error, "ENOENT") ? missing(error) : error;
    }
  }
  const folder = place.snapshot(commit);
  if (!existsSync(folder)) throw missing();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    )
    .filter(wanted)
    .toSorted();
  if (files.length === 0) throw missing();
  return { commit, folder, files };
}

/** Between two lines of one download. */
const SHOWN_EVERY_MS = 500;

/** No line for what is there before it could be read. */
function progressOf(name: string, path: string) {
  const displayId = `blankslate-download-${name}-${path}`;
  const begun = performance.now();
  let shown = begun;
  const megabytes = (n: number) => (n / 1e6).toFixed(1);
  return (bytes: number, of: number) => {
    const now = performance.now();
    const isLast = bytes === of && shown > begun;
    if (now - shown < SHOWN_EVERY_MS && !isLast) return;
    shown = now;
    host().display({ "text/plain": `${name}: ${path}, ${megabytes(bytes)} of ${megabytes(of)} MB` }, { displayId });
  };
}
