// The page as a PDF, printed by a Chromium or Chrome found here: links, selectable text, charts as vectors. Nothing is fetched.
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { fault } from "../../../lib/core/errors.ts";
import { copyFile, createPrivateTemporaryDirectory, removePath, writeFileAtomic } from "../../../lib/core/files.ts";
import { runTool } from "../../execute/tool.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome.exe", "msedge.exe"];
const PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];
const TIMEOUT_MS = 120_000;

/** @returns the browser's path: of the variable CHROMIUM, on PATH, or in its usual place */
export async function findBrowser(): Promise<string | undefined> {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  const candidates = [...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))), ...PLACES];
  for (const path of [process.env["CHROMIUM"] ?? "", ...candidates]) {
    const isThere =
      path !== "" &&
      (await access(path).then(
        () => true,
        () => false,
      ));
    if (isThere) return path;
  }
  return undefined;
}

/** @param folder where the browser keeps what it needs, removed afterwards */
export const browserFlags = (folder: string): string[] => [
  "--headless",
  "--disable-gpu",
  "--disable-background-networking",
  "--no-first-run",
  // Chromium refuses to run as root inside its sandbox; the page is the user's own and may make no request.
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
  `--user-data-dir=${join(folder, "profile")}`,
  // Charts are drawn by scripts: time runs as fast as they do.
  "--virtual-time-budget=20000",
];

/**
 * @param page HTML, complete
 * @throws BROWSER_MISSING, PDF_FAILED
 */
export async function writePdf(page: string, to: string): Promise<void> {
  const browser = await findBrowser();
  if (browser === undefined) {
    throw fault(
      "BROWSER_MISSING",
      "a PDF needs Chromium or Chrome, and none is found.",
      "install it, or set CHROMIUM; --html needs none.",
    );
  }
  const folder = await createPrivateTemporaryDirectory("blankslate-pdf");
  try {
    const [source, printed] = [join(folder, "page.html"), join(folder, "page.pdf")];
    await writeFileAtomic(source, page);
    const flags = [...browserFlags(folder), "--no-pdf-header-footer", `--print-to-pdf=${printed}`];
    const { code, stderr } = await runTool(browser, [...flags, pathToFileURL(source).href], { timeoutMs: TIMEOUT_MS });
    const isWritten = await access(printed).then(
      () => true,
      () => false,
    );
    if (code !== 0 || !isWritten) {
      throw fault(
        "PDF_FAILED",
        `${browser} ended with code ${code}: ${stderr.trim().split("\n").at(-1) ?? ""}`,
        "does it start by hand?",
      );
    }
    await copyFile(printed, to);
  } finally {
    await removePath(folder);
  }
}
