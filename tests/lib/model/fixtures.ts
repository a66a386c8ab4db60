// JSON of the reference fixtures that lie beside the repository; see tests/lib/fixtures.ts.
import { readFileSync } from "node:fs";
import { hasShared, sharedPath } from "../fixtures.ts";

export { numberTokenizer } from "../../parity/models.ts";

export const hasFixtures = hasShared;
export const readJson = (...path: string[]): unknown =>
  JSON.parse(readFileSync(sharedPath("fixtures", ...path), "utf8"));
