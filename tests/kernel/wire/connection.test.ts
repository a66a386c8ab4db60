// Row S4: who may read the key, and what a connection file must be.
import { spawnSync } from "node:child_process";
import { chmod, chown, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseConnection } from "../../../kernel/wire/connection.ts";

const KEY = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
const ports = { shell_port: 1, iopub_port: 2, stdin_port: 3, control_port: 4, hb_port: 5 };
const text = JSON.stringify({ ...ports, key: KEY });

/** Reads a file in a process of its own: warnings go to stderr. */
function read(file: string): { status: number | null; stderr: string } {
  const module = fileURLToPath(new URL("../../../kernel/wire/connection.ts", import.meta.url));
  const code = `const m = await import(${JSON.stringify(module)}); try { m.readConnectionFile(process.argv[1]) } catch (e) { console.error(String(e)); process.exit(1) }`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", code, file], {
    encoding: "utf8",
  });
  return { status, stderr };
}

describe.skipIf(process.platform === "win32")("S4: access to the connection file", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "blankslate-connection-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test("mode 0600 is read without a word", async () => {
    await writeFile(join(folder, "c.json"), text, { mode: 0o600 });
    expect(read(join(folder, "c.json"))).toEqual({ status: 0, stderr: "" });
  });
  test("mode 0644 gives a warning, which does not hold the key", async () => {
    await writeFile(join(folder, "c.json"), text);
    await chmod(join(folder, "c.json"), 0o644);
    const { status, stderr } = read(join(folder, "c.json"));
    expect(status).toBe(0);
    expect(stderr).toContain("can be read by others (mode 644)");
    expect(stderr).not.toContain(KEY);
  });
  // Only root can give files away; as root nobody else's file but root's own is believed.
  test.runIf(process.getuid?.() === 0)("another user's file is refused, and the text names that user", async () => {
    await writeFile(join(folder, "c.json"), text, { mode: 0o600 });
    await chown(join(folder, "c.json"), 12_345, 12_345);
    const { status, stderr } = read(join(folder, "c.json"));
    expect(status).toBe(1);
    expect(stderr).toContain("it belongs to user 12345");
    expect(stderr).not.toContain(KEY);
  });
  test("a link gives a warning", async () => {
    await writeFile(join(folder, "c.json"), text, { mode: 0o600 });
    await symlink(join(folder, "c.json"), join(folder, "link.json"));
    expect(read(join(folder, "link.json")).stderr).toContain("is a link");
  });
  test("a file that is missing or broken is refused without quoting it", async () => {
    expect(read(join(folder, "none.json"))).toMatchObject({ status: 1 });
    await writeFile(join(folder, "c.json"), `{"key": "${KEY}", oops`, { mode: 0o600 });
    const { status, stderr } = read(join(folder, "c.json"));
    expect(status).toBe(1);
    expect(stderr).toContain("CONNECTION_FILE");
    expect(stderr).not.toContain(KEY);
  });
});

test("defaults are the protocol's; one CurveZMQ key without the other is refused", () => {
  expect(parseConnection(Buffer.from(text))).toMatchObject({
    transport: "tcp",
    ip: "127.0.0.1",
    signature_scheme: "hmac-sha256",
  });
  expect(() => parseConnection(Buffer.from(JSON.stringify({ ...ports, curve_publickey: "x" })))).toThrow(
    "one of the two",
  );
  expect(() => parseConnection(Buffer.from(JSON.stringify({ ...ports, hb_port: "5" })))).toThrow("hb_port");
});
