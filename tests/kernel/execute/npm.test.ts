// `npm:` specifiers that nobody has installed: asked for, installed by the real npm into the notebook's folder, imported. The registry is
// a server of this test with two packages in it, so nothing depends on the network.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseNpm } from "../../../kernel/execute/executor/magics/npm.ts";
import { type CellOutcome, ExecutorProcess } from "./process.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "blankslate-npm-")));
/** Inside a project of its own: what is installed must not go there. */
const folder = join(root, "notebooks");
let registry: Server;
let executor: ExecutorProcess;

const PACKAGES = ["tiny-of-test", "@scope-of-test/tiny"];

function packed(name: string, version: string): Buffer {
  const archive = `${name.replace("@", "").replace("/", "-")}-${version}`;
  const source = join(root, archive);
  mkdirSync(join(source, "sub"), { recursive: true });
  const exports = { ".": "./main.js", "./sub": "./sub.js", "./sub/*": "./sub/*" };
  writeFileSync(join(source, "package.json"), JSON.stringify({ name, version, type: "module", exports }));
  writeFileSync(join(source, "main.js"), `export const version = "${version}";`);
  writeFileSync(join(source, "sub.js"), "export default 'sub';");
  writeFileSync(join(source, "sub/deep.js"), "export { version } from '../main.js';");
  execFileSync("npm", ["pack", "--silent", "--pack-destination", root], { cwd: source });
  return readFileSync(join(root, `${archive}.tgz`));
}

beforeAll(async () => {
  mkdirSync(folder);
  writeFileSync(join(root, "package.json"), '{ "name": "around", "private": true }');
  const versions = ["1.2.0", "2.0.0"];
  const tarballs = new Map<string, Buffer>(
    PACKAGES.flatMap((name) => versions.map((v) => [`/${name}/-/${v}.tgz`, packed(name, v)] as const)),
  );
  registry = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "");
    const name = PACKAGES.find((one) => path === `/${one}`);
    const tarball = tarballs.get(path);
    response.statusCode = (name ?? tarball) ? 200 : 404;
    if (tarball) response.end(tarball);
    else response.end(name === undefined ? "{}" : JSON.stringify(manifestOf(name, request.headers.host ?? "")));
  });
  const manifestOf = (name: string, host: string) => {
    const entry = (v: string) => {
      const integrity = `sha512-${createHash("sha512")
        .update(tarballs.get(`/${name}/-/${v}.tgz`)!)
        .digest("base64")}`;
      return { name, version: v, dist: { tarball: `http://${host}/${name}/-/${v}.tgz`, integrity } };
    };
    return { name, "dist-tags": { latest: "2.0.0" }, versions: Object.fromEntries(versions.map((v) => [v, entry(v)])) };
  };
  await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
  executor = await ExecutorProcess.start(folder);
  await executor.run(`%env npm_config_registry=http://127.0.0.1:${(registry.address() as AddressInfo).port}/`);
  await executor.run(`%env npm_config_cache=${join(root, "cache")}`);
});
afterAll(async () => {
  await executor.stop();
  registry.close();
});

/** Runs a cell in which the question is answered. */
async function answering(code: string, value: string): Promise<CellOutcome & { readonly asked: string }> {
  const { cell, outcome } = executor.begin(code, { allowStdin: true });
  const question = await executor.next<{ type: "input"; cell: string; prompt: string; password: boolean }>(
    (m) => m.type === "input" && m.cell === cell,
  );
  executor.send({ type: "input", cell, value });
  return { ...(await outcome), asked: question.prompt };
}

test("where nobody can answer, nothing is installed, and the error says what to do", async () => {
  const { error } = await executor.run("import { version } from 'npm:tiny-of-test@1.2'");
  expect(error?.ename).toBe("NOT_INSTALLED");
  expect(error?.traceback.join("\n")).toContain("npm install tiny-of-test@1.2");
});

test("a no is respected; a yes installs into the notebook's folder, not the project around it, and the import goes on", async () => {
  const refused = await answering("import { version } from 'npm:tiny-of-test@1.2'", "n");
  expect(refused.asked).toBe(`Install tiny-of-test@1.2 into ${folder}? [y/N] `);
  expect(refused.error?.ename).toBe("NOT_INSTALLED");
  expect(existsSync(join(folder, "node_modules"))).toBe(false);
  const cell =
    "import { version } from 'npm:tiny-of-test@1.2'\nimport sub from 'npm:tiny-of-test@1.2/sub'\n[version, sub]";
  expect((await answering(cell, "y")).text).toBe("[ '1.2.0', 'sub' ]");
  expect(existsSync(join(folder, "node_modules/tiny-of-test"))).toBe(true);
  expect(readFileSync(join(root, "package.json"), "utf8")).not.toContain("tiny-of-test");
  // What is there is not asked for again.
  expect((await executor.run("(await import('npm:tiny-of-test@1')).version")).text).toBe("'1.2.0'");
  expect((await executor.run("(await import('npm:tiny-of-test')).version")).text).toBe("'1.2.0'");
  expect((await executor.run("import 'npm:tiny-of-test@2'")).error?.ename).toBe("NOT_INSTALLED");
});

test("a range is satisfied by what is there or asked for, with a sub-path and a scope; a cell goes on with the version that came", async () => {
  const of = async (specifier: string) => executor.run(`(await import('npm:${specifier}')).default`);
  for (const range of ["^1.1", "~1.2.0", ">=1 <2", "1.x", "*", "latest"])
    expect((await of(`tiny-of-test@${range}/sub`)).text, range).toBe("'sub'");
  for (const range of ["^1.3", "~1.1", ">1.2.0", "0.x"])
    expect((await of(`tiny-of-test@${range}/sub`)).error?.ename, range).toBe("NOT_INSTALLED");
  const scoped = await answering("import { version } from 'npm:@scope-of-test/tiny@^2/sub/deep.js'; version", "yes");
  expect(scoped.asked).toBe(`Install @scope-of-test/tiny@^2 into ${folder}? [y/N] `);
  expect(scoped.text).toBe("'2.0.0'");
});

test("%npm install of a folder, of which the next cell imports", async () => {
  mkdirSync(join(root, "local"));
  writeFileSync(
    join(root, "local/package.json"),
    '{ "name": "local-of-test", "version": "1.0.0", "main": "index.js" }',
  );
  writeFileSync(join(root, "local/index.js"), "exports.here = 7;");
  expect((await executor.run("import { here } from 'local-of-test'\nhere")).error?.ename).toBe("MODULE_NOT_FOUND");
  expect((await executor.run("%npm install ../local")).error).toBeNull();
  expect((await executor.run("import { here } from 'local-of-test'\nhere")).text).toBe("7");
});

test("specifiers are read as Deno reads them; what names no package is refused", () => {
  expect(parseNpm("npm:@scope/name@^1.2.3/deep/file.js")).toEqual({
    name: "@scope/name",
    version: "^1.2.3",
    bare: "@scope/name/deep/file.js",
  });
  expect(parseNpm("lodash")).toBeUndefined();
  for (const bad of ["npm:", "npm:$(id)", 'npm:a"b', "npm:a@1;ls", "npm:../a", "npm:a@`x`"])
    expect(() => parseNpm(bad)).toThrow(/does not name a package/);
});
