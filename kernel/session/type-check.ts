// A cell with a type error does not run: the first place to hear of a misspelt option is before an hour of training. Without an answer
// from the language worker the cell runs, and says that it was not checked.
import type { CellError } from "../execute/protocol.ts";
import { syntaxError } from "../execute/executor/fault.ts";
import type { Diagnostic, LanguageService } from "../language/language.ts";

export interface Verdict {
  /** Why the cell must not run. */
  readonly error: CellError | null;
  /** What to say in the cell that runs unchecked. */
  readonly warning: string | null;
}

const UNCHECKED: Verdict = { error: null, warning: null };

export async function checkTypes(language: LanguageService, code: string, count: number): Promise<Verdict> {
  try {
    const diagnostics = await language.check(code);
    const errors = diagnostics.filter((d) => d.severity === "error");
    if (errors.length > 0) return { error: typeError(errors, code, count), warning: null };
    const warnings = diagnostics.map((d) => `TS${d.code}: ${d.message} (line ${d.line}:${d.column})\n`);
    return warnings.length > 0 ? { error: null, warning: warnings.join("") } : UNCHECKED;
  } catch (error) {
    const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    return { error: null, warning: `The types of this cell were not checked: ${why}\n` };
  }
}

/** @returns the first diagnostic as the error's name and text, all of them in the traceback */
function typeError(diagnostics: readonly Diagnostic[], code: string, count: number): CellError {
  const [first] = diagnostics;
  const ename = `TS${first?.code ?? 0}`;
  const traceback = diagnostics.flatMap((diagnostic) => {
    const { traceback: lines } = syntaxError(diagnostic, count, code);
    const more = [...diagnostic.related, ...diagnostic.fixes.map((fix) => `${fix}?`)];
    const heading = `\x1b[31mTS${diagnostic.code}\x1b[0m: ${diagnostic.message}`;
    // Its own heading says SyntaxError; the place and the cell's lines behind it are what is wanted.
    return [heading, ...lines.slice(2), ...more.map((text) => `  ${text}`), ""];
  });
  traceback.push("The cell did not run. `// @ts-ignore` above a line lets it, `%check off` lets all.");
  return { ename, evalue: first?.message ?? "", traceback };
}
