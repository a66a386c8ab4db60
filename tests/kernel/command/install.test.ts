import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { installKernelspec } from "../../../kernel/command/install.ts";
import {
  dataSearchPath,
  findKernelspecs,
  type Place,
  userDataDirectory,
} from "../../../kernel/command/jupyter-paths.ts";
import { blankslate, freshFolder, ROOT } from "./blankslate.ts";

const place = (platform: NodeJS.Platform, env: Record<string, string> = {}): Place => ({
  platform,
  env,
  home: "/home/ada",
});

test("the user's data folder is Jupyter's on three systems, and the environment overrides it", () => {
  expect(userDataDirectory(place("linux"))).toBe("/home/ada/.local/share/jupyter");
  expect(userDataDirectory(place("linux", { XDG_DATA_HOME: "/data" }))).toBe("/data/jupyter");
  expect(userDataDirectory(place("darwin"))).toBe("/home/ada/Library/Jupyter");
  expect(userDataDirectory(place("win32", { APPDATA: "C:/Roaming" }))).toBe("C:/Roaming/jupyter");
  for (const platform of ["linux", "darwin", "win32"] as const) {
    expect(userDataDirectory(place(platform, { JUPYTER_DATA_DIR: "/mine" }))).toBe("/mine");
  }
  expect(dataSearchPath(place("linux", { JUPYTER_PATH: "/a:/b", VIRTUAL_ENV: "/venv" }))).toEqual([
    "/a",
    "/b",
    "/venv/share/jupyter",
    "/home/ada/.local/share/jupyter",
    "/usr/local/share/jupyter",
    "/usr/share/jupyter",
  ]);
});

test("S5: the installed kernelspec names absolute files that exist, and brings logos and Plotly; nobody else can write to it", async () => {
  const folder = freshFolder();
  const installed = await installKernelspec({ prefix: folder });
  expect(installed.folder).toBe(join(folder, "share/jupyter/kernels/blankslate"));
  const spec = JSON.parse(readFileSync(join(installed.folder, "kernel.json"), "utf8"));
  expect(spec).toMatchObject({
    language: "typescript",
    interrupt_mode: "message",
    display_name: "TypeScript (Blankslate)",
  });
  const [node, ...rest] = spec.argv as [string, ...string[]];
  expect(existsSync(node)).toBe(true);
  expect(rest).toEqual([
    "--disable-warning=ExperimentalWarning",
    "--min-semi-space-size=2",
    "--max-semi-space-size=2",
    join(ROOT, "kernel/cli.mjs"),
    "kernel",
    "{connection_file}",
  ]);
  expect(readdirSync(installed.folder).sort()).toEqual([
    "kernel.json",
    "logo-32x32.png",
    "logo-64x64.png",
    "logo-svg.svg",
    "plotly.min.js",
  ]);
  for (const name of [".", ...readdirSync(installed.folder)]) {
    expect(statSync(join(installed.folder, name)).mode & 0o022, name).toBe(0);
  }
  for (const size of [32, 64]) {
    const png = readFileSync(join(installed.folder, `logo-${size}x${size}.png`));
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([size, size]);
  }
  await installKernelspec({ prefix: folder });
  expect(readdirSync(join(folder, "share/jupyter/kernels"))).toEqual(["blankslate"]);
});

test("install --sys-prefix goes into the active environment, says what shadows it, and refuses what it cannot do", async () => {
  const folder = freshFolder();
  const env = { VIRTUAL_ENV: join(folder, "venv"), JUPYTER_PATH: join(folder, "first") };
  mkdirSync(join(folder, "first/kernels/blankslate"), { recursive: true });
  writeFileSync(
    join(folder, "first/kernels/blankslate/kernel.json"),
    '{"argv":["x"],"display_name":"X","language":"x"}',
  );
  const installed = await installKernelspec({ sysPrefix: true }, { platform: "linux", env, home: folder });
  expect(installed.folder.startsWith(join(folder, "venv/share/jupyter"))).toBe(true);
  expect(installed.shadowedBy).toBe(join(folder, "first/kernels/blankslate"));
  const refused = [
    [{ sysPrefix: true }, "NO_SYS_PREFIX"],
    [{ user: true, prefix: "/x" }, "INSTALL_PLACE"],
    [{ name: "../evil" }, "KERNEL_NAME"],
    [{ name: ".." }, "KERNEL_NAME"],
  ] as const;
  for (const [options, code] of refused) {
    await expect(installKernelspec(options, { platform: "linux", env: {}, home: folder })).rejects.toMatchObject({
      code,
    });
  }
});

test("install, doctor and uninstall agree, and a folder that is no kernel disturbs nobody", async () => {
  const data = freshFolder();
  const env = { JUPYTER_DATA_DIR: data, BLANKSLATE_ENGINE: "wasm" };
  mkdirSync(join(data, "kernels/broken"), { recursive: true });
  writeFileSync(join(data, "kernels/broken/kernel.json"), "{");
  const first = await blankslate(["install", "--user", "--name", "mine"], { env });
  expect([first.code, first.out]).toEqual([
    0,
    expect.stringContaining("Kernel installed: TypeScript (Blankslate: mine)"),
  ]);
  expect((await findKernelspecs([data])).map(({ name }) => name)).toEqual(["mine"]);
  const report = await blankslate(["doctor", "--json"], { env });
  const found = JSON.parse(report.out);
  expect(report.code, report.out).toBe(0);
  expect(found.kernels).toMatchObject([{ name: "mine", state: "here" }]);
  expect(found.engines.chosen.name).toBe("wasm");
  expect((await blankslate(["uninstall", "--name", "broken"], { env })).err).toContain("NOT_INSTALLED");
  expect((await blankslate(["uninstall", "--name", "mine"], { env })).code).toBe(0);
  expect(readdirSync(join(data, "kernels"))).toEqual(["broken"]);
  expect((await blankslate(["doctor"], { env })).out).toContain("no kernel of this installation is known to Jupyter");
});

test("install --lsp tells jupyterlab-lsp of the language server, in the same place as the kernel, and uninstall takes it back", async () => {
  const [data, config, prefix] = [freshFolder(), freshFolder(), freshFolder()];
  const env = { JUPYTER_DATA_DIR: data, JUPYTER_CONFIG_DIR: config };
  const file = join("jupyter_server_config.d", "blankslate-lsp.json");
  expect((await blankslate(["install", "--lsp"], { env })).code).toBe(0);
  const written = JSON.parse(readFileSync(join(config, file), "utf8"));
  const { argv, mime_types } = written.LanguageServerManager.language_servers.blankslate;
  expect([existsSync(argv[0]), argv.slice(-3)]).toEqual([true, [join(ROOT, "kernel/cli.mjs"), "lsp", "--stdio"]]);
  expect(mime_types).toContain("text/typescript");
  expect((await blankslate(["install", "--lsp", "--prefix", prefix], { env })).code).toBe(0);
  expect(existsSync(join(prefix, "etc/jupyter", file))).toBe(true);
  expect((await blankslate(["uninstall"], { env })).out).toContain("blankslate-lsp.json");
  expect(existsSync(join(config, file))).toBe(false);
});

test("--help names every command with what it is for, and exits with 0", async () => {
  const { code, out } = await blankslate(["--help"]);
  expect(code).toBe(0);
  for (const name of ["start", "lab", "new", "run", "install", "uninstall", "setup", "doctor"]) {
    expect(out).toMatch(new RegExp(`^  ${name}\\b.*  \\S`, "m"));
  }
  expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
});
