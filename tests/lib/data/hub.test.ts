// The hub's own protocol on a server of this test: downloads that are cut off and go on, damaged ones, and none at all.
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createPrivateTemporaryDirectory, removePath } from "../../../lib/core/files.ts";
import { data } from "../../../lib/data/data-sets.ts";
import { FOLDER } from "./foreign/rows.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const columns = { prompt: "question", completion: "answer" } as const;
const large = readFileSync(join(FOLDER, "rows-none.parquet"));
const FILES: Record<string, Buffer> = {
  "README.md": Buffer.from("# a data set"),
  "main/train-00000-of-00001.parquet": large,
  "main/test-00000-of-00001.parquet": readFileSync(join(FOLDER, "rows-zstd.parquet")),
  "socratic/train-00000-of-00001.parquet": large,
};

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const gitHash = (bytes: Buffer) => createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");

let server: Server;
let cache: string;
/** What the server does to downloads: cut them off after so many bytes, or change a byte. */
let trouble: { cutAfter?: number; damage?: boolean; token?: string };
let ranges: string[];
const saved = { ...process.env };

beforeAll(async () => {
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://hub");
    const json = (body: unknown) => response.setHeader("Content-Type", "application/json").end(JSON.stringify(body));
    if (trouble.token !== undefined && request.headers.authorization !== `Bearer ${trouble.token}`)
      return response.writeHead(401).end();
    if (pathname === "/api/datasets/owner/set/revision/main") return json({ _id: "1", id: "owner/set", sha: COMMIT });
    if (pathname.startsWith(`/api/datasets/owner/set/tree/${COMMIT}`))
      return json(Object.entries(FILES).map(([path, { length: size }]) => ({ type: "file", path, size, oid: "0" })));
    const bytes = FILES[pathname.replace(`/datasets/owner/set/resolve/${COMMIT}/`, "")];
    if (!bytes) return response.writeHead(404, { "X-Error-Code": "RepoNotFound" }).end();
    const name = pathname.endsWith(".md") ? gitHash(bytes) : sha256(bytes);
    const range = /^bytes=(\d+)-(\d*)$/u.exec(request.headers.range ?? "");
    const start = Number(range?.[1] ?? 0);
    const end = range?.[2] ? Number(range[2]) + 1 : bytes.length;
    if (!(start === 0 && end === 1)) ranges.push(request.headers.range ?? "whole");
    const body = Buffer.from(bytes.subarray(start, end));
    if (trouble.damage && body.length > 1) body[0] = (body[0] as number) ^ 1;
    response.writeHead(range ? 206 : 200, {
      ETag: `"${name}"`,
      "Content-Length": body.length,
      ...(range && { "Content-Range": `bytes ${start}-${end - 1}/${bytes.length}` }),
    });
    if (trouble.cutAfter === undefined || body.length <= trouble.cutAfter) return response.end(body);
    response.write(body.subarray(0, trouble.cutAfter), () => setTimeout(() => response.destroy(), 50));
    return response;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

beforeEach(async () => {
  cache = await createPrivateTemporaryDirectory("blankslate-hub");
  trouble = {};
  ranges = [];
  process.env["HF_HUB_CACHE"] = cache;
  process.env["HF_ENDPOINT"] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  delete process.env["HF_TOKEN"];
  delete process.env["HF_HUB_OFFLINE"];
});
afterEach(async () => {
  process.env = { ...saved };
  await removePath(cache);
});

test("a split of a configuration is downloaded once, lies where Python looks for it, and is read offline", async () => {
  const files = await data.hub("owner/set", { config: "main" });
  const place = join(cache, "datasets--owner--set");
  expect(files).toEqual([join(place, "snapshots", COMMIT, "main/train-00000-of-00001.parquet")]);
  expect(lstatSync(files[0] as string).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(place, "refs/main"), "utf8")).toBe(COMMIT);
  expect(readdirSync(join(place, "blobs"))).toEqual([sha256(large)]);
  expect((await data.stream(files, columns).survey()).examples).toBe(40);
  await data.hub("owner/set", { config: "main" });
  expect(ranges).toEqual(["whole"]);
  process.env["HF_HUB_OFFLINE"] = "1";
  expect(await data.hub("owner/set", { config: "main" })).toEqual(files);
  delete process.env["HF_HUB_OFFLINE"];
  process.env["HF_ENDPOINT"] = "http://127.0.0.1:1";
  expect(await data.hub("owner/set", { config: "main" })).toEqual(files);
  await expect(data.hub("owner/set", { config: "main", split: "test" })).rejects.toMatchObject({
    code: "HUB_UNREACHABLE",
  });
});

test("a download that was cut off goes on where it was", async () => {
  trouble = { cutAfter: 4000 };
  await expect(data.hub("owner/set", { config: "main" })).rejects.toThrow();
  trouble = {};
  const [file] = await data.hub("owner/set", { config: "main" });
  expect(ranges).toEqual(["whole", "bytes=4000-"]);
  expect(readFileSync(file as string).equals(large)).toBe(true);
});

test("a damaged download is refused and not kept; the next one is whole", async () => {
  trouble = { damage: true };
  await expect(data.hub("owner/set", { config: "main" })).rejects.toMatchObject({ code: "HUB_DAMAGED" });
  expect(existsSync(join(cache, "datasets--owner--set/snapshots"))).toBe(false);
  trouble = {};
  const [file] = await data.hub("owner/set", { config: "main" });
  expect(readFileSync(file as string).equals(large)).toBe(true);
});

test("names, splits, configurations and tokens that are wrong are faults with a code", async () => {
  await expect(data.hub("owner/none")).rejects.toMatchObject({ code: "HUB_MISSING" });
  await expect(data.hub("../owner/set")).rejects.toMatchObject({ code: "HUB_MISSING" });
  await expect(data.hub("owner/set", { split: "validation" })).rejects.toMatchObject({ code: "SPLIT_MISSING" });
  await expect(data.hub("owner/set")).rejects.toMatchObject({ code: "CONFIG_MISSING" });
  trouble = { token: "secret-token" };
  await expect(data.hub("owner/set", { config: "main" })).rejects.toMatchObject({ code: "HUB_MISSING" });
  process.env["HF_TOKEN"] = "secret-token";
  expect(await data.hub("owner/set", { config: "main" })).toHaveLength(1);
});
