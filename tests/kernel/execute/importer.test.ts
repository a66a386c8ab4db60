import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ExecutorProcess } from "./process.ts";

let executor: ExecutorProcess;
let folder: string;
const put = (name: string, text: string) => {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), text);
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "blankslate-importer-"));
  put(
    "node_modules/esm-only/package.json",
    '{ "name": "esm-only", "type": "module", "exports": { ".": { "import": "./main.js" }, "./sub": "./sub.js" } }',
  );
  put("node_modules/esm-only/main.js", "export const kind = 'esm'; export default 7;");
  put("node_modules/esm-only/sub.js", "export const sub = true;");
  put("node_modules/cjs/package.json", '{ "name": "cjs", "main": "index.js" }');
  put("node_modules/cjs/index.js", "exports.named = 1; exports.where = __filename;");
  // (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))
  const wasm = "0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b";
  writeFileSync(join(folder, "add.wasm"), Buffer.from(wasm, "hex"));
  put("plain.cjs", "exports.n = 2;");
  put("folder/index.ts", "export const inside: number = 4;");
  put("package.json", '{ "imports": { "#deep": "./deep.ts" } }');
  put("data.json", '{ "rows": 3 }');
  put(
    "helper.ts",
    "import { deep } from './deep.ts'; export const loads: number = (globalThis.helperLoads = (globalThis.helperLoads ?? 0) + 1); export const value = 'one' + deep;",
  );
  put("deep.ts", "export const deep: string = ' deep';");
  put(
    "runtime.ts",
    "export enum Colour { Red, Green }\nexport class Point { constructor(public x: number) {} }\n\nexport function fails(): never { throw new Error(Colour[0]) }",
  );
  put(
    "view.tsx",
    "/** @jsxRuntime classic @jsx h */\nconst h = (tag: string) => ({ tag });\nexport const view = <b />;",
  );
  put("other.ts", "export const loads: number = (globalThis.otherLoads = (globalThis.otherLoads ?? 0) + 1);");
  executor = await ExecutorProcess.start(folder);
});
afterAll(async () => {
  await executor.stop();
  rmSync(folder, { recursive: true });
});

const CASES: readonly (readonly [what: string, code: string, text: string])[] = [
  [
    "an ESM-only package with exports",
    "import seven, { kind } from 'esm-only'; import { sub } from 'esm-only/sub'; [seven, kind, sub]",
    "[ 7, 'esm', true ]",
  ],
  [
    "a CommonJS package by import",
    "import { named } from 'cjs'; import whole from 'cjs'; [named, whole.named]",
    "[ 1, 1 ]",
  ],
  ["a CommonJS package by require", "require('cjs').named", "1"],
  [
    "built-ins with and without node:",
    "import { join } from 'path'; import * as fs from 'node:fs'; [join('a', 'b'), typeof fs.readFileSync]",
    "[ 'a/b', 'function' ]",
  ],
  ["a relative TypeScript file", "import { value } from './helper.ts'; value", "'one deep'"],
  ["a relative file without its suffix", "import { value } from './helper'; value", "'one deep'"],
  ["a TypeScript file by its .js name", "import { value } from './helper.js'; value", "'one deep'"],
  ["JSON without attributes", "import data from './data.json'; data.rows", "3"],
  ["a dynamic import", "(await import('./other.ts')).loads", "1"],
  ["a package that came with Blankslate", "import { z } from 'zod'; typeof z.string", "'function'"],
  [
    "a TypeScript file with an enum and parameter properties",
    "import { Colour, Point } from './runtime.ts'; [Colour.Green, new Point(3).x]",
    "[ 1, 3 ]",
  ],
  ["a .tsx file", "import { view } from './view.tsx'; view.tag", "'b'"],
  ["tslab's display", "import * as tslab from 'tslab'; Object.keys(tslab.display).length", "11"],
  ["WebAssembly as a module", "import { add } from './add.wasm'; add(2, 3)", "5"],
  [
    "CommonJS files of the user's, by import and by require",
    "import { n } from './plain.cjs'; [n, require('./plain.cjs').n]",
    "[ 2, 2 ]",
  ],
  ["JSON by require", "require('./data.json').rows", "3"],
  ["a folder by its index", "import { inside } from './folder'; inside", "4"],
  ["#imports of the notebook's package.json", "import { deep } from '#deep'; deep.trim()", "'deep'"],
  ["a package name with npm:", "import { kind } from 'npm:esm-only@1'; kind", "'esm'"],
];

test.each(CASES)("imports %s", async (_what, code, text) => {
  const outcome = await executor.run(code);
  expect(outcome.error).toBeNull();
  expect(outcome.text).toBe(text);
});

test("__dirname, import.meta and require.resolve are the notebook folder's", async () => {
  const { text, error } = await executor.run(
    "JSON.stringify([__dirname, import.meta.dirname, require.resolve('cjs')])",
  );
  expect(error).toBeNull();
  expect(JSON.parse(String(text).slice(1, -1))).toEqual([folder, folder, join(folder, "node_modules/cjs/index.js")]);
});

test("a missing package says what to install; a missing export says what there is", async () => {
  const missing = await executor.run("import x from 'not-there/sub'");
  expect(missing.error?.ename).toBe("MODULE_NOT_FOUND");
  expect(missing.error?.evalue).toContain("npm install not-there");
  const wrong = await executor.run("import { kin } from 'esm-only'; kin");
  expect(wrong.error?.evalue).toContain("kind");
});

test("an edited file is loaded anew by the next import, with the files that import it; others keep their state", async () => {
  await executor.run("import './helper.ts'; import './other.ts'");
  put("deep.ts", "export const deep: string = ' deeper still';");
  utimesSync(join(folder, "deep.ts"), new Date(), new Date(Date.now() + 5_000));
  const { text } = await executor.run(
    "import { value, loads } from './helper.ts'; import { loads as others } from './other.ts'; [value, loads, others]",
  );
  expect(text).toBe("[ 'one deeper still', 2, 1 ]");
});

test("a cell with @module is a module of the folder, anew when it runs again; one with @browser says what to write", async () => {
  await executor.run(
    "// tools\n/** @module lib/tools */\nimport { deep } from '../deep.ts'\nexport enum E { A = 2 }\nexport const twice = (n: E): string => n * 2 + deep",
  );
  expect((await executor.run("import { twice, E } from './lib/tools'; twice(E.A)")).text).toMatch(/^'4 deep/);
  await executor.run("/** @module lib/tools */ export const twice = () => 'new', E = { A: 0 }");
  expect((await executor.run("twice(E.A)")).text).toBe("'new'");
  expect((await executor.run("/** @module broken */ export const = 1")).error?.ename).toBe("SyntaxError");
  expect((await executor.run("/** @browser */ alert(1)")).error?.evalue).toContain("%%javascript");
  expect((await executor.run("/* @module no */ 5")).text).toBe("5");
  expect((await executor.run("require('tslab').display === (await import('tslab')).display")).text).toBe("true");
});

test("an edited .tsx file is loaded anew", async () => {
  expect((await executor.run("import { view } from './view.tsx'; view.tag")).text).toBe("'b'");
  put(
    "view.tsx",
    "/** @jsxRuntime classic @jsx h */\nconst h = (tag: string) => ({ tag });\nexport const view = <i />;",
  );
  utimesSync(join(folder, "view.tsx"), new Date(), new Date(Date.now() + 9_000));
  expect((await executor.run("view.tag")).text).toBe("'i'");
});

test("import.meta.resolve and import.meta.url lead to files", async () => {
  const { text } = await executor.run(
    "new URL('./data.json', import.meta.url).href === import.meta.resolve('./data.json')",
  );
  expect(text).toBe("true");
});

test("errors in imported files show the file's line", async () => {
  put("broken.ts", "export function fails(x: number): never {\n  throw new Error('in the file');\n}");
  const { error } = await executor.run("import { fails } from './broken.ts';\nfails(1)");
  expect(error?.traceback.join("\n")).toMatch(/broken\.ts, line 2:9/);
  const compiled = await executor.run("import { fails as f } from './runtime.ts';\nf()");
  expect(compiled.error?.traceback.join("\n")).toMatch(/runtime\.ts, line 4:40/);
});
