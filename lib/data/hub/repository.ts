// A repository of the Hugging Face hub and where its files lie on this machine: the cache of huggingface_hub, so that what Python has
// downloaded is found here and the other way round.
// Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache (blobs by ETag, snapshots by commit, refs by revision).
import { join } from "node:path";
import { getHFHubCachePath, getRepoFolderName } from "@huggingface/hub";

export interface HubRepository {
  readonly type: "model" | "dataset";
  /** "owner/name", as in the page's address. */
  readonly name: string;
  /** Branch, tag or commit; default "main". A paper's appendix names a commit. */
  readonly revision?: string;
}

export interface CachePlace {
  /** Holds blobs, refs and snapshots. */
  readonly folder: string;
  /** A commit's files. */
  snapshot(commit: string): string;
  blob(etag: string): string;
  ref(revision: string): string;
}

export function cachePlace({ type, name }: HubRepository): CachePlace {
  const folder = join(getHFHubCachePath(), getRepoFolderName({ type, name }));
  return {
    folder,
    snapshot: (commit) => join(folder, "snapshots", commit),
    blob: (etag) => join(folder, "blobs", etag),
    ref: (revision) => join(folder, "refs", ...revision.split("/")),
  };
}

/** Where the hub is, and who asks: HF_ENDPOINT and HF_TOKEN, as for every program that uses it. */
export const endpoint = () => process.env["HF_ENDPOINT"] ?? "https://huggingface.co";
export const accessToken = () => process.env["HF_TOKEN"] ?? process.env["HUGGING_FACE_HUB_TOKEN"];
export const isOffline = () => /^(1|on|yes|true)$/iu.test(process.env["HF_HUB_OFFLINE"] ?? "");
