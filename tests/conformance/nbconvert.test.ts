// The committed notebooks as papers: nbconvert turns what they show into a page, a PDF and LaTeX, tables and charts included.
import { execFile } from "node:child_process";
import { copyFileSync, readFileSync, readdirSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPrivateTemporaryDirectory, removePath } from "../../lib/core/files.ts";
import { chromiumPath } from "../browser/chromium.ts";
import { ROOT, findPython } from "./python.ts";

const run = promisify(execFile);
const chromium = chromiumPath();
const python = chromium && (await findPython(["nbconvert[webpdf]==7.17.2", "pypandoc_binary==1.17"]));
const notebooks = readdirSync(join(ROOT, "notebooks")).filter((name) => name.endsWith(".ipynb"));

describe.skipIf(!python).each(notebooks)("%s", (name) => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  const stem = name.replace(".ipynb", "");
  beforeAll(async () => {
    folder = await createPrivateTemporaryDirectory("blankslate-nbconvert");
    copyFileSync(join(ROOT, "notebooks", name), join(folder, name));
    const where = 'import pypandoc, os; print(os.path.join(os.path.dirname(pypandoc.__file__), "files"))';
    const pandoc = (await run(python as string, ["-c", where])).stdout.trim();
    env = { ...process.env, CHROMIUM: chromium, PATH: `${pandoc}${delimiter}${process.env["PATH"]}` };
  });
  afterAll(() => removePath(folder));

  const convert = (to: string, program = ["-m", "nbconvert"]) =>
    run(python as string, [...program, `--to=${to}`, name], { cwd: folder, env, timeout: 170_000 });

  test("becomes a page, a PDF and LaTeX with its figures and tables", { timeout: 400_000 }, async () => {
    await convert("html");
    const page = readFileSync(join(folder, `${stem}.html`), "utf8");
    expect(page).toContain("bl-chart");
    expect(page).toContain("bl-frame");
    await convert("latex");
    const paper = readFileSync(join(folder, `${stem}.tex`), "utf8");
    expect(paper).toMatch(/\\adjustimage|\\includegraphics/u);
    expect(paper).toContain("\\toprule");
    await convert("webpdf", [join(import.meta.dirname, "webpdf.py")]);
    expect(
      readFileSync(join(folder, `${stem}.pdf`))
        .subarray(0, 5)
        .toString(),
    ).toBe("%PDF-");
    expect(statSync(join(folder, `${stem}.pdf`)).size).toBeGreaterThan(30_000);
  });
});
