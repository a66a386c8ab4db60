// Runs the examples that say their value, each inside the module that it documents (its private functions are in reach), in this process,
// and prints what did not come out as said, as JSON. Started by examples.test.ts: the hooks below change every module that is loaded.
import { isDeepStrictEqual } from "node:util";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { collectExamples, ROOT } from "./collect.ts";

const examples = collectExamples().filter(({ value }) => value !== undefined);
const files = new Set(examples.map(({ file }) => join(ROOT, file)));

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.startsWith("file:") || !files.has(fileURLToPath(url)) || loaded.source === undefined) return loaded;
    const source = typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source);
    return { ...loaded, source: `${source}\nexport const exampleScope = (code: string): unknown => eval(code);\n` };
  },
});

/** Tensors, typed arrays and Maps as what a comment can write. */
function plain(value: unknown): unknown {
  const held = value as { arraySync?: () => unknown } | null;
  if (typeof held === "object" && typeof held?.arraySync === "function") return held.arraySync();
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "number") return Number(value.toPrecision(12)) + 0;
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** Equal, or a number as it is written: "0.1269" and "0.1065..." say their digits and no more. */
function agrees(actual: unknown, said: string, value: unknown): boolean {
  if (isDeepStrictEqual(plain(actual), plain(value))) return true;
  const [, decimals = ""] = /^[-−]?\d+\.(\d{3,})\D*/.exec(said) ?? [];
  return (
    typeof actual === "number" &&
    typeof value === "number" &&
    decimals !== "" &&
    Math.abs(actual - value) <= 10 ** -decimals.length
  );
}

// What a reader of an example has imported: the library, and a small world.
const lab = await import("../../../lib/index.ts");
await lab.startEngine("wasm");
Object.assign(globalThis, lab, { task: lab.world.stateMachine({ seed: 7 }) });

const failures: string[] = [];
for (const { file, line, code, value: said = "" } of examples) {
  const at = `${file}:${line}`;
  try {
    const scope = (await import(pathToFileURL(join(ROOT, file)).href)) as { exampleScope(code: string): unknown };
    const lines = code.split("\n");
    const last = lines.pop() ?? "";
    const js = stripTypeScriptTypes(
      `const example = async () => { ${lines.join("\n")}\nreturn (${last.replace(/;$/, "")}\n); };`,
    );
    const actual = await (scope.exampleScope(`(() => { ${js}; return example(); })()`) as Promise<unknown>);
    // Words may follow the value: "0.0159, wider than 0.025".
    const ends = [said.length, ...[...said.matchAll(/[,; ]/g)].map((match) => match.index).toReversed()];
    const written = ends.flatMap((end) => {
      const text = said
        .slice(0, end)
        .replaceAll(/\b(?:Float|Int|Uint|BigInt|BigUint)\d+Array (?=\[)/g, "")
        .replace(/\.{3}$|…$/, "");
      try {
        return [{ value: scope.exampleScope(`(${text})`) }];
      } catch {
        return [];
      }
    });
    if (written.length === 0) failures.push(`${at} the comment says no value: ${said}`);
    else if (!agrees(actual, said, written[0]?.value))
      failures.push(`${at} ${code} is ${JSON.stringify(plain(actual))}, not ${said}`);
  } catch (error) {
    failures.push(`${at} ${code} throws ${String(error).split("\n")[0]}`);
  }
}
process.stdout.write(JSON.stringify({ ran: examples.length, failures }));
process.exit(0);
