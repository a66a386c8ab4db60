// Compiles tfjs-node's binding (two C++ files in node_modules) against libtensorflow's C API and the pinned Node's headers. About 15 s.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { BINDING_FILE, LIBRARY_FOLDER } from "../../../lib/core/cache.ts";
import { fault, hasCode } from "../../../lib/core/errors.ts";
import { runTool } from "../../execute/tool.ts";

const COMPILE_MS = 600_000;

/** @returns the C++ compiler to use (CXX first), or undefined */
export async function findCompiler(): Promise<string | undefined> {
  const own = process.env["CXX"];
  for (const name of [...(own ? [own] : []), "g++", "clang++", "c++"]) {
    try {
      if ((await runTool(name, ["--version"], { timeoutMs: 10_000 })).code === 0) return name;
    } catch (error) {
      if (!hasCode(error, "TOOL_MISSING") && !hasCode(error, "TOOL_TIMEOUT")) throw error;
    }
  }
  return undefined;
}

/**
 * @param folder  holds include/ and lib/ as unpacked; the binding is written into it and finds lib/ from there, wherever it is moved
 * @throws SETUP_COMPILE_FAILED with the compiler's last lines
 */
export async function compileBinding(compiler: string, folder: string): Promise<void> {
  const source = dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-node-gpu/package.json"));
  // The headers stand beside the Node that runs this; it is the pinned one (npm's node-* package carries them).
  const headers = join(dirname(dirname(process.execPath)), "include", "node");
  const mac = process.platform === "darwin";
  const libraries = mac
    ? ["libtensorflow_cc.2.dylib", "libtensorflow_framework.2.dylib"]
    : ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];
  const args = ["-shared", "-fPIC", "-O2", "-std=c++17", "-DNAPI_VERSION=8"];
  args.push(
    "-I",
    join(folder, "include"),
    "-I",
    headers,
    "-I",
    source,
    join(source, "binding", "tfjs_backend.cc"),
    join(source, "binding", "tfjs_binding.cc"),
  );
  args.push(...libraries.map((name) => join(folder, LIBRARY_FOLDER, name)));
  args.push(...(mac ? ["-Wl,-rpath,@loader_path/lib", "-undefined", "dynamic_lookup"] : ["-Wl,-rpath,$ORIGIN/lib"]));
  args.push("-o", join(folder, BINDING_FILE));
  const { code, stderr } = await runTool(compiler, args, { timeoutMs: COMPILE_MS });
  if (code !== 0) {
    const lines = stderr
      .trim()
      .split("\n")
      .filter((line) => /error|fatal|cannot/i.test(line))
      .slice(0, 5);
    throw fault(
      "SETUP_COMPILE_FAILED",
      `${compiler} could not compile the binding:\n${lines.join("\n")}`,
      "a C++17 compiler (g++ 9 or clang++ 10 or newer) is needed.",
    );
  }
}
