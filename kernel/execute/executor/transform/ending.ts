// Whether a cell's last statement is an expression without a semicolon, read from the source itself: the lowered code no longer
// tells (types are gone, enums and namespaces have become expressions, every statement has its semicolon).
import { parseSync } from "oxc-parser";

/**
 * @param source the cell
 * @param from   where its last statement begins, as far as the source map knows; only from there on it is parsed
 */
export function endsInResult(source: string, from: number): boolean {
  return lastStatement(source.slice(from)) ?? lastStatement(source) ?? true;
}

function lastStatement(text: string): boolean | undefined {
  for (const lang of ["ts", "tsx"] as const) {
    const parsed = parseSync(`cell.${lang}`, text, { lang, sourceType: "module" });
    if (parsed.errors.length > 0) continue;
    const last = parsed.program.body.at(-1);
    if (last === undefined) return undefined;
    const isExpression = last.type === "ExpressionStatement" || last.type === "ExportDefaultDeclaration";
    return isExpression && text[last.end - 1] !== ";";
  }
  return undefined;
}
