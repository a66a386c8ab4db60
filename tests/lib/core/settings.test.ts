import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readSettings, settingsFile } from "../../../lib/core/settings.ts";

const folder = mkdtempSync(join(tmpdir(), "blankslate-settings-"));

test("no file, no settings; a file that says nonsense is refused with its name and what it may say", () => {
  expect(readSettings(join(folder, "none.json"))).toEqual({});
  const file = join(folder, "settings.json");
  for (const text of ["{", "[]", "null", '{"chekc":"off"}', '{"check":"never"}', '{"check":1}']) {
    writeFileSync(file, text);
    expect(() => readSettings(file), text).toThrow(expect.objectContaining({ code: "SETTINGS_INVALID" }));
    expect(() => readSettings(file), text).toThrow(file);
  }
  writeFileSync(file, '{ "check": "warn" }');
  expect(readSettings(file)).toEqual({ check: "warn" });
});

test.skipIf(process.platform === "win32")("the file stands where the XDG base directories say", () => {
  expect(settingsFile({ XDG_CONFIG_HOME: "/somewhere" })).toBe("/somewhere/blankslate/settings.json");
  expect(settingsFile({})).toMatch(/\/\.config\/blankslate\/settings\.json$/);
});
