// `jupyter console` and nbconvert: a person's session typed line by line, and a notebook executed on its way to a page or to paper.
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findPython, type Installed, installKernel } from "./python.ts";

const python = await findPython(["jupyter_console==6.6.3", "nbconvert==7.17.2"]);
const run = promisify(execFile);

const CELLS = [
  "console.log('printed <b>')",
  "[{ step: 1, loss: 2.5 }, { step: 2, loss: 1.25 }]",
  "latex`\\frac{1}{2}`",
  `import { chart } from "blankslate"; chart.line({ loss: { y: [3, 2, 1] } }, { title: "Loss", x: "step", y: "nats" })`,
];

function notebook(): string {
  const cells = CELLS.map((source, i) => ({
    cell_type: "code",
    id: `cell-${i}`,
    metadata: {},
    source,
    outputs: [],
    execution_count: null,
  }));
  const kernelspec = { name: "blankslate", display_name: "TypeScript (Blankslate)", language: "typescript" };
  return JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { kernelspec }, cells });
}

describe.skipIf(!python)("jupyter console and nbconvert", () => {
  let installed: Installed;
  let folder: string;
  beforeAll(async () => {
    installed = await installKernel();
    folder = await mkdtemp(join(tmpdir(), "blankslate-console-"));
    await writeFile(join(folder, "paper.ipynb"), notebook());
  });
  afterAll(async () => {
    await installed?.remove();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  test("jupyter console shows prints, values and errors, and leaves at the end of its input", async () => {
    const args = [
      "-m",
      "jupyter_console",
      "--kernel=blankslate",
      "--simple-prompt",
      "--JupyterConsoleApp.confirm_exit=False",
    ];
    const child = spawn(python!, args, { cwd: folder, env: installed.env });
    let shown = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (bytes: Buffer) => (shown += bytes.toString()));
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    const typed = [
      "6 * 7",
      `console.log("pri" + "nted")`,
      "function twice(x: number) { return 2 * x; }",
      "twice(21.5)",
    ];
    child.stdin.end([...typed, "nope", "'still ' + 'here'", ""].join("\n"));
    expect(await ended).toBe(0);
    expect(shown).toContain("Out[1]: 42");
    expect(shown).toContain("printed");
    expect(shown).toContain("Out[4]: 43");
    expect(shown).toMatch(/Cannot find name 'nope'/);
    expect(shown).toContain("'still here'");
  }, 120_000);

  test("nbconvert --execute --to html shows tables and charts, and escapes what was printed", async () => {
    await convert("html");
    const page = await readFile(join(folder, "paper.html"), "utf8");
    expect(page).toContain("printed &lt;b&gt;");
    expect(page).toMatch(/<table[\s\S]*1\.25[\s\S]*<\/table>/);
    expect(page).toContain('aria-label="Loss"');
    expect(page).toContain("\\frac{1}{2}");
  }, 180_000);

  test("nbconvert --execute --to latex has the formula, the printed text and the chart as an image", async () => {
    await convert("latex");
    const paper = await readFile(join(folder, "paper.tex"), "utf8");
    expect(paper).toContain("printed <b>");
    expect(paper).toContain("\\frac{1}{2}");
    expect(paper).toMatch(/\\adjustimage|\\includegraphics/);
    const image = /\{(paper_files\/[\w.-]+\.png)\}/.exec(paper)?.[1];
    expect((await readFile(join(folder, String(image)))).subarray(1, 4).toString()).toBe("PNG");
  }, 180_000);

  async function convert(to: string): Promise<void> {
    const options = ["--execute", `--to=${to}`, "--ExecutePreprocessor.timeout=120", "paper.ipynb"];
    await run(python!, ["-m", "nbconvert", ...options], { cwd: folder, env: installed.env, timeout: 170_000 });
  }
});
