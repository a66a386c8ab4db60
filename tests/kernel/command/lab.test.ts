import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { kernelArgv } from "../../../kernel/command/kernel-argv.ts";
import { blankslate, freshFolder, ROOT } from "./blankslate.ts";

test("lab trusts the notebooks that came with the kernel and gives JupyterLab the terminal, the folder and its own options", async () => {
  const folder = freshFolder();
  const [programs, data, log] = ["bin", "data", "log"].map((name) => join(folder, name)) as [string, string, string];
  mkdirSync(programs);
  // Known to Jupyter already: installing it is told elsewhere, and takes seconds.
  mkdirSync(join(data, "kernels/blankslate"), { recursive: true });
  writeFileSync(join(data, "kernels/blankslate/kernel.json"), JSON.stringify({ argv: kernelArgv() }));
  const jupyter = join(programs, "jupyter");
  writeFileSync(jupyter, `#!/bin/sh\necho "$PWD $*" >> ${log}\n[ "$2" = --version ] && echo 4.6.6\nexit 0\n`);
  chmodSync(jupyter, 0o755);
  const env = { PATH: `${programs}:${process.env["PATH"]}`, JUPYTER_DATA_DIR: data };
  const { code, out, err } = await blankslate(["lab", folder, "--no-browser", "--", "--port", "9"], { env });
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain("JupyterLab 4.6.6");
  const calls = readFileSync(log, "utf8").trim().split("\n");
  expect(calls[1]).toContain(` trust ${join(ROOT, "notebooks")}`);
  expect(calls[1]).toContain("quickstart.ipynb");
  expect(calls[2]).toBe(`${folder} lab --no-browser --port 9`);
});
