// A run as a paper's appendix: one executed notebook with everything that can be asked for, checked, changed by hand and checked again.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { blankslate, freshFolder, notebook } from "./blankslate.ts";

const env = { BLANKSLATE_ENGINE: "wasm" };
const folder = freshFolder();
const work = join(folder, "work");
const output = join(folder, "out", "study.ipynb");
const read = (path: string) => JSON.parse(readFileSync(path, "utf8")) as never;
const sha256 = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

interface Manifest {
  readonly cells: readonly { id: string; sha256: string; executionCount: number }[];
  readonly repository: { commit: string; dirty: string[] } | null;
  readonly lockFile: { name: string; sha256: string } | null;
  readonly artefacts: readonly { name: string; sha256: string }[];
  readonly laboratory: {
    readonly versions: { node: string; v8: string; packages: Record<string, string> };
    readonly cells: readonly { executionCount: number; sha256: string }[];
    readonly engine: { name: string };
    readonly randomness: { seeds: unknown[] };
    readonly trainings: readonly { options: { steps: number } }[];
    readonly evaluations: readonly { rows: readonly { problems: number; accuracy: object }[] }[];
  };
}

let said = "";
beforeAll(async () => {
  mkdirSync(work);
  copyFileSync(notebook("appendix"), join(work, "study.ipynb"));
  writeFileSync(join(work, "package-lock.json"), "{}\n");
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", work, "-c", "user.name=a", "-c", "user.email=a@example.org", ...args]);
  git("init", "-q");
  git("add", ".");
  git("commit", "-q", "-m", "study");
  writeFileSync(join(work, "notes.txt"), "not committed");
  const places = ["--figures", join(folder, "out", "figures"), "--latex-tables", join(folder, "out", "tables")];
  const args = ["run", join(work, "study.ipynb"), "-o", output, ...places, "--ro-crate", join(folder, "crate")];
  const { code, out, err } = await blankslate(args, { env });
  expect(code, out + err).toBe(0);
  said = out;
}, 180_000);

test("the manifest beside the notebook, and in it, names cells, commit, dirty files, lock file, versions, seeds, configuration, metrics", () => {
  const manifest = read(output.replace(".ipynb", ".manifest.json")) as Manifest;
  expect(manifest.cells.map(({ id, executionCount }) => [id, executionCount])).toEqual(
    ["imports", "parameters", "train", "curve", "score", "frame", "print", "manifest"].map((id, i) => [id, i + 1]),
  );
  expect(manifest.cells[1]?.sha256).toBe(createHash("sha256").update("let steps = 2;").digest("hex"));
  const head = execFileSync("git", ["-C", work, "rev-parse", "HEAD"], { encoding: "utf8" }).trim();
  expect(manifest.repository).toEqual({ commit: head, dirty: ["notes.txt"] });
  expect(manifest.lockFile).toEqual({ name: "package-lock.json", sha256: sha256(join(work, "package-lock.json")) });
  const { versions, engine, randomness, trainings, evaluations } = manifest.laboratory;
  expect(versions).toMatchObject({ node: process.versions.node, packages: { "@tensorflow/tfjs-core": "4.22.0" } });
  expect(engine.name).toBe("wasm");
  const seen = manifest.laboratory.cells.map((cell) => [cell.executionCount, cell.sha256]);
  expect(seen).toEqual(manifest.cells.map((cell) => [cell.executionCount, cell.sha256]));
  expect(randomness.seeds).toEqual(expect.arrayContaining([7, 3]));
  expect(trainings).toMatchObject([{ options: { steps: 2 } }]);
  expect(evaluations[0]?.rows.map(({ problems }) => problems)).toEqual([8, 8]);
  const stored = read(output) as { metadata: { blankslate: { manifest: Omit<Manifest, "artefacts"> } } };
  expect(stored.metadata.blankslate.manifest.laboratory).toEqual(manifest.laboratory);
  for (const { name, sha256: sum } of manifest.artefacts) expect(sha256(join(folder, "out", name)), name).toBe(sum);
});

test("figures come as SVG and PNG, tables as booktabs, under names of cell and title", () => {
  const figures = readdirSync(join(folder, "out", "figures")).sort();
  expect(figures).toEqual(
    ["03-fine-tuning-loss", "04-training-loss"].flatMap((name) => [`${name}.png`, `${name}.svg`]),
  );
  for (const name of figures) {
    const data = readFileSync(join(folder, "out", "figures", name));
    if (name.endsWith(".png")) expect(data.subarray(1, 4).toString()).toBe("PNG");
    else expect(data.toString()).toMatch(/^<svg\s+xmlns="http:\/\/www.w3.org\/2000\/svg"[^]+<\/svg>\n$/);
  }
  const tables = readdirSync(join(folder, "out", "tables")).sort();
  expect(tables).toEqual(["03-table.tex", "05-table.tex", "06-table.tex", "08-manifest.tex"]);
  const score = readFileSync(join(folder, "out", "tables", "05-table.tex"), "utf8");
  expect(score).toMatch(/^\\begin{tabular}{llr[lr]+}\n\\toprule\nset & model & problems & accuracy/);
});

test("the RO-Crate holds every file it describes, with its checksum, and the action that made them", () => {
  const { "@graph": graph } = read(join(folder, "crate", "ro-crate-metadata.json")) as {
    "@graph": readonly Record<string, never>[];
  };
  const files = graph.filter((entity) => entity["@type"] === "File") as unknown as { "@id": string; sha256: string }[];
  expect(files.map((file) => file["@id"])).toEqual(
    expect.arrayContaining(["study.ipynb", "study.manifest.json", "figures/04-training-loss.svg", "given-study.ipynb"]),
  );
  for (const file of files) expect(sha256(join(folder, "crate", file["@id"]))).toBe(file.sha256);
  const root = graph.find((entity) => entity["@id"] === "./");
  expect(root).toMatchObject({ license: expect.stringContaining("No licence is stated") });
  expect(root).toMatchObject({ hasPart: files.map((file) => ({ "@id": file["@id"] })) });
  expect(graph.find((entity) => entity["@id"] === "#run")).toMatchObject({
    "@type": "CreateAction",
    object: { "@id": "given-study.ipynb" },
    endTime: expect.stringMatching(/T\d\d:\d\d:\d\d\.\d{3}\+00:00$/),
    actionStatus: "http://schema.org/CompletedActionStatus",
  });
  expect(said).toContain("ro-crate-metadata.json");
});

test("--check passes on the executed notebook although times and the folder differ, and writes nothing", async () => {
  const before = readdirSync(join(folder, "out"));
  const { code, out } = await blankslate(["run", output, "--check"], { env });
  expect(code, out).toBe(0);
  expect(out).toMatch(
    /The stored results hold: 8 cells compared, numbers within 0.000001 \(relative\), \d+ times and paths left out/,
  );
  expect(readdirSync(join(folder, "out"))).toEqual(before);
}, 120_000);

test("--check names the cell and the line of a planted change of 25 %, and exits with 1; one of 5 % is within --tolerance 0.1", async () => {
  const planted = join(folder, "planted.ipynb");
  const { cells, ...rest } = read(output) as { cells: { id: string; outputs?: unknown }[] };
  const nats = (text: string) => /(?<=model[^]*)\b[1-9]\.\d{2,3}\b/.exec(text)?.[0] ?? "none";
  const plant = (id: string, factor: number) => {
    const stored = JSON.stringify(cells.find((cell) => cell.id === id)?.outputs);
    const [value, changed] = [nats(stored), (Number(nats(stored)) * factor).toFixed(3)];
    return { value, changed, outputs: JSON.parse(stored.replaceAll(value, changed)) as unknown };
  };
  const [far, near] = [plant("score", 1.25), plant("frame", 1.05)];
  expect(near.changed).not.toBe(near.value);
  const outputs = new Map([
    ["score", far.outputs],
    ["frame", near.outputs],
  ]);
  const other = cells.map((cell) => (outputs.has(cell.id) ? { ...cell, outputs: outputs.get(cell.id) } : cell));
  writeFileSync(planted, JSON.stringify({ ...rest, cells: other }));
  const { code, out } = await blankslate(["run", planted, "--check", "--tolerance", "0.1"], { env });
  expect(code, out).toBe(1);
  expect(out).toMatch(/1 of 8 cells differ/);
  expect(out).toContain("Cell 5 id score\n    text/plain\n      stored");
  expect(out).toMatch(new RegExp(`stored .*${RegExp.escape(far.changed)}.*\n.*now .*${RegExp.escape(far.value)}`));
}, 120_000);

test("--check of a notebook that was never executed, a page of a check and a crate over foreign files are refused before anything runs", async () => {
  const clean = await blankslate(["run", notebook("appendix"), "--check"]);
  expect([clean.code, clean.err]).toEqual([1, expect.stringContaining("CHECK_NOTHING")]);
  const page = await blankslate(["run", output, "--check", "--html"]);
  expect([page.code, page.err]).toEqual([1, expect.stringContaining("CHECK_FILES")]);
  const over = await blankslate(["run", notebook("appendix"), "--ro-crate", work]);
  expect([over.code, over.err]).toEqual([1, expect.stringContaining("CRATE_FOLDER")]);
  expect(readdirSync(work)).toContain("notes.txt");
});

test("--grid runs every combination on a kernel of its own and into files of its own", async () => {
  const cwd = freshFolder();
  const args = ["run", notebook("outputs"), "-p", "lines", "[1,2]", "-p", "word", "hello", "--grid"];
  const { code, out } = await blankslate(args, { cwd });
  expect(code, out).toBe(0);
  const names = ["outputs.executed.lines-1", "outputs.executed.lines-2"];
  expect(readdirSync(cwd).sort()).toEqual(names.flatMap((name) => [`${name}.ipynb`, `${name}.manifest.json`]));
  expect(readFileSync(join(cwd, `${names[1]}.ipynb`), "utf8")).toContain('"hello 1\\n"');
  expect(out).toMatch(/lines 1 +finished[^]*lines 2 +finished/);
}, 120_000);
