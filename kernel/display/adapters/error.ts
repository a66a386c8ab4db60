// An error as a value: its stack without Node's own frames, as its cell would have shown it.
import { inspect, types } from "node:util";
import type { MimeBundle } from "../../../lib/core/host.ts";

const NOISE = /^\s+at .*\(?node:/;

export function errorBundleOf(value: object): MimeBundle | undefined {
  if (!types.isNativeError(value)) return undefined;
  const lines = inspect(value, { depth: 2, maxStringLength: 10_000 }).split("\n");
  return {
    "text/plain": lines
      .filter((line) => !NOISE.test(line))
      .join("\n")
      .slice(0, 60_000),
  };
}
