// Where the language tests' notebook stands: an empty folder of its own, as a user's would be, beside this Blankslate.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Places } from "../../../kernel/language/host.ts";

export function newPlaces(): Places {
  return {
    cwd: mkdtempSync(join(tmpdir(), "blankslate-language-")),
    packageRoot: fileURLToPath(new URL("../../..", import.meta.url)),
  };
}
