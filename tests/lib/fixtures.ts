// Where the reference fixtures and the data sets lie: beside the repository. A checkout without them skips the tests that need them, by name;
// CI must have them.
import { existsSync } from "node:fs";
import { join } from "node:path";

const SHARED = join(import.meta.dirname, "../../../shared");

/** @returns an absolute path; see hasShared */
export const sharedPath = (...path: string[]): string => join(SHARED, ...path);

export const hasShared = existsSync(SHARED);
if (!hasShared && process.env["CI"]) throw new Error(`${SHARED} is missing, and this is CI`);
