// The user's own settings: one JSON file in the folder where programs of this user keep theirs. Read, never written.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fault, hasCode } from "./errors.ts";
import { CHECK_LEVELS, type CheckLevel } from "./magics.ts";

export interface Settings {
  /** What type errors do in a notebook that does not say `%check`. */
  readonly check?: CheckLevel;
}

/** @returns the absolute path of settings.json */
export function settingsFile(environment: NodeJS.ProcessEnv = process.env): string {
  if (process.platform === "win32")
    return join(environment["APPDATA"] ?? join(homedir(), "AppData", "Roaming"), "blankslate", "settings.json");
  return join(environment["XDG_CONFIG_HOME"] || join(homedir(), ".config"), "blankslate", "settings.json");
}

/**
 * @returns what the file says; nothing when there is none
 * @throws SETTINGS_INVALID  it is no JSON object, or a setting has a value that it cannot have
 */
export function readSettings(file: string = settingsFile()): Settings {
  const text = read(file);
  return text === undefined ? {} : parseSettings(text, file);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** @param name of the file, for the message */
function parseSettings(text: string, name: string): Settings {
  const invalid = (what: string) => fault("SETTINGS_INVALID", `${name}: ${what}`, 'it may say { "check": "warn" }');
  let settings: unknown;
  try {
    settings = JSON.parse(text);
  } catch (error) {
    throw invalid(String(error));
  }
  if (typeof settings !== "object" || settings === null || Array.isArray(settings)) throw invalid("it is no object.");
  for (const [key, value] of Object.entries(settings)) {
    if (key !== "check") throw invalid(`there is no setting "${key}".`);
    if (!CHECK_LEVELS.includes(value as CheckLevel))
      throw invalid(`"check" is ${JSON.stringify(value)}, and may be ${CHECK_LEVELS.join(", ")}.`);
  }
  return settings;
}
