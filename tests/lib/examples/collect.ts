// The examples in the doc comments of lib/ and kernel/: which file and line, the code, and what it says the value is.
import { globSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..", "..", "..");

export interface Example {
  readonly file: string;
  readonly line: number;
  readonly code: string;
  /** As it stands behind "//" on the last line; undefined: the example says none. */
  readonly value: string | undefined;
}

const isCode = (text: string): boolean => {
  try {
    stripTypeScriptTypes(`async () => { ${text}\n }`);
    return true;
  } catch {
    return false;
  }
};

/** The value stands behind the first "//" before which the code is whole. */
function split(text: string): Pick<Example, "code" | "value"> {
  const from = text.lastIndexOf("\n") + 1;
  for (let at = text.indexOf("//", from); at >= 0; at = text.indexOf("//", at + 1)) {
    const code = text.slice(0, at).trimEnd();
    if (code !== "" && isCode(code)) return { code, value: text.slice(at + 2).trim() };
  }
  return { code: text, value: undefined };
}

function examplesOf(file: string): Example[] {
  const source = readFileSync(join(ROOT, file), "utf8");
  return [...source.matchAll(/\/\*\*(.*?)\*\//gs)].flatMap((comment) =>
    [...(comment[1] ?? "").matchAll(/@example([^\n]*(?:\n(?!\s*\*\s*@)[^\n]*)*?)(?=@example|\n\s*\*\s*@|$)/g)].map(
      (found) => {
        const text = (found[1] ?? "")
          .split("\n")
          .map((line) => line.replace(/^\s*\* ?/, ""))
          .join("\n")
          .trim();
        const line = source.slice(0, comment.index + 3 + found.index).split("\n").length;
        return { file, line, ...split(text) };
      },
    ),
  );
}

export function collectExamples(): Example[] {
  const files = globSync(["lib/**/*.ts", "kernel/**/*.ts"], { cwd: ROOT });
  return files
    .filter((file) => !file.endsWith(".d.ts"))
    .sort()
    .flatMap(examplesOf);
}
