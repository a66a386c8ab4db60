// The files of a data set on the hub, by the split and the subset that its page names.
import { join } from "node:path";
import { fault } from "../../core/errors.ts";
import { checkOptions, type Rules, text } from "../../core/options.ts";
import { FORMATS } from "../rows.ts";
import { hubSnapshot } from "./snapshot.ts";

export interface HubOptions {
  /**
   * "train", "test", …: what the files' names must contain; default "train", which is also what files are whose repository names no split.
   */
  readonly split?: string;
  /** Subset, as the data set's page calls it, e.g. "main"; where it has several the name must be given. */
  readonly config?: string;
  /** Branch, tag or commit; default "main". */
  readonly revision?: string;
}

const RULES: Rules<HubOptions> = { split: text, config: text, revision: text };

/** Words by which the hub knows a split, in a file's path. */
const SPLITS = /(^|[-_./])(train|training|validation|valid|val|dev|test|testing|eval|evaluation)([-_./]|$)/u;

/**
 * Files of a data set on the Hugging Face hub (HF_ENDPOINT, HF_TOKEN), downloaded once and found again offline.
 * @returns their paths on this machine, for `data.stream` or one by one for `data.parquet`, …
 * @throws HUB_MISSING, HUB_UNREACHABLE, HUB_DAMAGED; SPLIT_MISSING  no file of this split in a format known here
 * @example const train = data.stream(await data.hub("openai/gsm8k", { config: "main" }), { prompt: "question", completion: "answer" });
 */
export async function hubFiles(name: string, options: HubOptions = {}): Promise<string[]> {
  const { split = "train", config, revision } = checkOptions("data.hub", options, RULES);
  const word = (part: string) => new RegExp(`(^|[-_./])${RegExp.escape(part)}([-_./]|$)`, "u");
  const isSplit = (path: string, all: readonly string[]) =>
    word(split).test(path) || (split === "train" && !all.some((other) => FORMATS.test(other) && SPLITS.test(other)));
  const isWanted = (path: string, _at: number, all: readonly string[]) =>
    FORMATS.test(path) && isSplit(path, all) && (config === undefined || word(config).test(path));
  const snapshot = await hubSnapshot({ type: "dataset", name, ...(revision !== undefined && { revision }) }, isWanted);
  if (snapshot.files.length === 0)
    throw fault(
      "SPLIT_MISSING",
      `${name} has no file of ${[config, split].filter(Boolean).join(", ")} in a format known here.`,
      "see its list of files on the hub; .jsonl, .csv, .tsv, .parquet and .arrow are read.",
    );
  const folders = new Set(snapshot.files.map((path) => path.slice(0, path.lastIndexOf("/") + 1)));
  if (config === undefined && folders.size > 1)
    throw fault("CONFIG_MISSING", `${name} has ${[...folders].join(", ")}.`, "choose one as config.");
  return snapshot.files.map((path) => join(snapshot.folder, path));
}
