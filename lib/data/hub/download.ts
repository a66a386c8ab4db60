// One file of the hub into the cache: a download that was cut off goes on where it was, and what arrived is checked against the hash that the
// hub names it by before anything sees it.
import { createHash } from "node:crypto";
import { createReadStream, existsSync, statSync } from "node:fs";
import { dirname, relative } from "node:path";
import { fileDownloadInfo } from "@huggingface/hub";
import { fault } from "../../core/errors.ts";
import { linkPath, makeDirectory, movePath, openLog, removePath } from "../../core/files.ts";
import { accessToken, cachePlace, endpoint } from "./repository.ts";
import type { HubRepository } from "./repository.ts";

export interface Downloading {
  /** @param bytes of the file that are here, of how many */
  readonly onBytes?: (bytes: number, of: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * @param commit whose file it is
 * @param path   inside the repository
 * @param place  where the snapshot shows it; made as a link into the cache's blobs
 * @throws HUB_MISSING  the repository has no such file
 * @throws HUB_DAMAGED  what arrived is not what the hub names; nothing of it is kept
 */
export async function downloadFile(
  repository: HubRepository,
  commit: string,
  path: string,
  place: string,
  downloading: Downloading = {},
): Promise<void> {
  const token = accessToken();
  const credentials = token === undefined ? {} : { accessToken: token };
  const info = await fileDownloadInfo({ repo: repository, path, revision: commit, hubUrl: endpoint(), ...credentials });
  if (info === null)
    throw fault("HUB_MISSING", `${repository.name} has no file ${path} at ${commit}.`, "look at its list of files.");
  const etag = info.etag.replace(/^W\//u, "").replaceAll('"', "");
  if (!/^[0-9a-f]{40,64}$/u.test(etag))
    throw fault("HUB_DAMAGED", `${path} is named ${JSON.stringify(etag)}, which is no hash.`, "is HF_ENDPOINT a hub?");
  const blob = cachePlace(repository).blob(etag);
  if (!existsSync(blob)) {
    const part = `${blob}.incomplete`;
    await makeDirectory(dirname(blob));
    await fetchRest(info.url, token, part, info.size, downloading);
    if ((await hashOf(part, etag, info.size)) !== etag) {
      await removePath(part);
      throw fault("HUB_DAMAGED", `${path} of ${repository.name} arrived damaged.`, "ask for it again.");
    }
    await movePath(part, blob);
  }
  await makeDirectory(dirname(place));
  await linkPath(relative(dirname(place), blob), place);
}

/** Appends to `part` what it lacks. */
async function fetchRest(
  url: string,
  token: string | undefined,
  part: string,
  size: number,
  { onBytes, signal }: Downloading,
): Promise<void> {
  let have = existsSync(part) ? statSync(part).size : 0;
  if (have > size) {
    await removePath(part);
    have = 0;
  }
  if (have === size && existsSync(part)) return;
  const headers = {
    ...(have > 0 && { Range: `bytes=${have}-` }),
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
  };
  const response = await fetch(url, { headers, ...(signal && { signal }) });
  if (!response.ok || response.body === null)
    throw fault("HUB_UNREACHABLE", `${url} answers ${response.status}.`, "ask again later; what is here is kept.");
  // A server that does not know ranges sends the whole file again.
  if (have > 0 && response.status !== 206) {
    await removePath(part);
    have = 0;
  }
  const file = openLog(part);
  try {
    for await (const chunk of response.body) {
      file.append(chunk as Uint8Array);
      have += (chunk as Uint8Array).length;
      onBytes?.(have, size);
    }
  } finally {
    file.close();
  }
}

/** Large files are named by their SHA-256, the others by git's own hash of a blob. */
async function hashOf(path: string, etag: string, size: number): Promise<string> {
  const hash = etag.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
