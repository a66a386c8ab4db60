// The linter's own proof: a copy of the configuration is run on planted files, one forbidden import per rule, and each must be
// reported. Without it a typo in a pattern would let everything through in silence.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FS_WRITERS, KERNEL_ORDER, LIB_ORDER, OWNERS } from "../../oxlint.config.ts";

const ROOT = join(import.meta.dirname, "../..");
const OXLINT = join(ROOT, "node_modules/oxlint/bin/oxlint");

interface Plant {
  readonly file: string;
  readonly source: string;
  /** Part of the report that must stand beside the file; undefined for imports that are allowed. */
  readonly report: string | undefined;
}

const plants: Plant[] = [];
const plant = (file: string, source: string, report?: string) => plants.push({ file, source, report });

function plantDirections(root: string, order: readonly (readonly string[])[]) {
  for (const [at, group] of order.entries())
    for (const folder of group) {
      for (const other of order.flat()) {
        const isAllowed = other === folder || order.slice(0, at).flat().includes(other);
        const report = isAllowed ? undefined : `${folder} may import only what stands left of it`;
        plant(`${root}/${folder}/to-${other}.ts`, `import "../${other}/x.ts";`, report);
      }
    }
}
plantDirections("kernel", KERNEL_ORDER);
plantDirections("lib", LIB_ORDER);

const folders = [...KERNEL_ORDER.flat().map((f) => `kernel/${f}`), ...LIB_ORDER.flat().map((f) => `lib/${f}`)];
for (const folder of folders) {
  for (const { modules, owner, also = [], why } of OWNERS)
    for (const module of modules) {
      const specifier = module.replace("*", "tfjs-core");
      const name = `${folder}/owner-${specifier.replaceAll(/\W/g, "-")}.ts`;
      plant(
        name,
        `import * as x from "${specifier}"; export { x };`,
        owner.startsWith(folder) || also.includes(`${folder}/**`) ? undefined : `${why} only`,
      );
    }
  for (const [i, writer] of FS_WRITERS.entries()) {
    const module = i % 2 === 0 ? "node:fs" : "node:fs/promises";
    plant(
      `${folder}/writes-${writer}.ts`,
      `import { ${writer} } from "${module}"; export { ${writer} };`,
      "lib/core/files.ts only",
    );
  }
  const isKernel = folder.startsWith("kernel");
  plant(
    `${folder}/crosses.ts`,
    `import "../../${isKernel ? "lib/model" : "kernel/wire"}/x.ts";`,
    isKernel ? "nothing of lib but lib/core" : "lib never imports kernel",
  );
  plant(
    `${folder}/by-name.ts`,
    `import * as b from "blankslate"; export { b };`,
    isKernel ? "nothing of lib but lib/core" : "lib never imports kernel",
  );
}
for (const folder of KERNEL_ORDER.flat()) plant(`kernel/${folder}/core.ts`, `import "../../lib/core/errors.ts";`);
for (const { modules, also = [], why } of OWNERS)
  for (const place of also) {
    const source = `import * as x from "${modules[0]}"; export { x };`;
    plant(place.replace("**", "owner.ts"), source);
    // Beside a room inside a folder; beside a whole folder stand the others, planted above.
    if (!folders.includes(place.slice(0, -"/**".length)))
      plant(place.replace(/[^/]+\/\*\*$/u, "outside.ts"), source, `${why} only`);
    plant(place.replace("**", "crosses.ts"), `import "../../../kernel/wire/x.ts";`, "lib never imports kernel");
  }
plant("lib/core/files.ts", `import { rename, writeFileSync } from "node:fs"; export { rename, writeFileSync };`);
plant("lib/train/floating.ts", `async function f() {}\nf();`, "no-floating-promises");
plant("lib/train/default.ts", `export default 1;`, "no-default-export");
plant("lib/train/any.ts", `export const x: any = 1;`, "no-explicit-any");
plant("lib/train/swallow.ts", `try { JSON.parse(""); } catch {}`, "no-empty");
plant("lib/train/a.ts", `import { b } from "./b.ts"; export const a = () => b;`, "no-cycle");
plant("lib/train/b.ts", `import { a } from "./a.ts"; export const b = () => a;`);

let reports: Map<string, string>;
const folder = mkdtempSync(join(tmpdir(), "blankslate-lint-"));

beforeAll(() => {
  for (const name of ["oxlint.config.ts", "tsconfig.json", "package.json"])
    copyFileSync(join(ROOT, name), join(folder, name));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  for (const { file, source } of plants) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), source);
  }
  reports = lint();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** File -> everything reported in it. */
function lint(): Map<string, string> {
  let output: string;
  try {
    output = execFileSync(process.execPath, [OXLINT, "--type-aware", "--format=json"], {
      cwd: folder,
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
  } catch (error) {
    output = (error as { stdout: string }).stdout;
  }
  const found = new Map<string, string>();
  const { diagnostics } = JSON.parse(output) as {
    diagnostics: { filename: string; code: string; message: string; help?: string }[];
  };
  for (const { filename, code, message, help } of diagnostics)
    found.set(filename, `${found.get(filename) ?? ""}${code} ${message} ${help ?? ""}\n`);
  return found;
}

test(`each of ${plants.filter((p) => p.report).length} planted imports and faults is reported, by its own rule`, () => {
  const missed = plants.filter((p) => p.report && !reports.get(p.file)?.includes(p.report)).map((p) => p.file);
  expect(missed).toEqual([]);
});

test("imports that go the allowed way are not reported", () => {
  const falseAlarms = plants
    .filter((p) => !p.report && /restricted/.test(reports.get(p.file) ?? ""))
    .map((p) => p.file);
  expect(falseAlarms).toEqual([]);
});
