// What cells add to the types of others: `declare global` and `declare module "…"`. Each such cell has a module file of its own, which is in
// the program for all later cells. What a cell says again, changed or not, counts as it says it.
import { join } from "node:path";
import ts from "typescript";
import { CELLS } from "./frame.ts";
import type { LanguageHost } from "./host.ts";

const MAY_AUGMENT = /\bdeclare\s+(?:global\b|module\s*["'])/;

export interface Augmentations {
  /** The files of all cells, without what a cell with this text says itself. */
  rootsFor(code: string): string[];
  /**
   * @param declarations of a cell, by declaration emit, as a later cell may read them
   * @param block        the number of the block that has what the cell declares
   * @param names        what it declares
   * @returns the declarations without what is said of others
   */
  add(declarations: string, block: number, names: readonly string[]): string;
}

/** What one cell says. */
interface Augmenting {
  readonly file: string;
  readonly imports: string;
  readonly parts: readonly Part[];
}

/** One declaration, with the block around it. */
interface Part {
  readonly text: string;
  /** What it declares: "answer", "Array.second". */
  readonly keys: ReadonlySet<string>;
}

/** @returns whether a cell may change the types of others */
export function mayAugment(code: string): boolean {
  return MAY_AUGMENT.test(code);
}

export function createAugmentations(host: LanguageHost, cwd: string): Augmentations {
  let all: Augmenting[] = [];
  const without = (keys: ReadonlySet<string>) =>
    all.map((one) => ({ ...one, parts: one.parts.filter((part) => part.keys.isDisjointFrom(keys)) }));
  return {
    rootsFor(code) {
      const own = mayAugment(code) ? keysOf(partsOf(parse(code))) : new Set<string>();
      return without(own).map(({ file, imports, parts }) => {
        host.write(file, `export {};${imports}${parts.map(({ text }) => text).join("")}`);
        return file;
      });
    },
    add(declarations, block, names) {
      const parsed = parse(declarations);
      const parts = partsOf(parsed);
      if (parts.length === 0) return declarations;
      const imports = parsed.statements.filter((s) => ts.isImportDeclaration(s) || ts.isImportEqualsDeclaration(s));
      const imported = new Set(imports.flatMap(namesOfImport));
      const own = `import {${names.filter((name) => !imported.has(name)).join(",")}} from "${CELLS}/${block}";`;
      const texts = imports.map((statement) => statement.getFullText(parsed));
      const file = join(cwd, `[global ${all.length}].d.mts`);
      all = [...without(keysOf(parts)), { file, imports: own + texts.join(""), parts }];
      const others = parsed.statements.filter((s) => !isAugmentation(s));
      return others.map((statement) => statement.getFullText(parsed)).join("");
    },
  };
}

function parse(text: string): ts.SourceFile {
  return ts.createSourceFile("cell.mts", text, ts.ScriptTarget.ESNext, false);
}

function isAugmentation(statement: ts.Statement): statement is ts.ModuleDeclaration {
  return ts.isModuleDeclaration(statement) && (ts.isStringLiteral(statement.name) || statement.name.text === "global");
}

function partsOf(file: ts.SourceFile): Part[] {
  return file.statements.filter(isAugmentation).flatMap(({ name, body }) => {
    if (body === undefined || !ts.isModuleBlock(body)) return [];
    const [head, prefix] = ts.isStringLiteral(name)
      ? [`declare module ${JSON.stringify(name.text)}`, `${name.text}:`]
      : ["declare global", ""];
    return body.statements.map((statement) => ({
      text: `\n${head} {${statement.getFullText(file)}}`,
      keys: new Set(keysIn(statement).map((key) => prefix + key)),
    }));
  });
}

function keysOf(parts: readonly Part[]): Set<string> {
  return new Set(parts.flatMap(({ keys }) => [...keys]));
}

function namesOfImport(statement: ts.Statement): string[] {
  if (ts.isImportEqualsDeclaration(statement)) return [statement.name.text];
  if (!ts.isImportDeclaration(statement)) return [];
  const { name, namedBindings } = statement.importClause ?? {};
  const more =
    namedBindings === undefined
      ? []
      : ts.isNamespaceImport(namedBindings)
        ? [namedBindings.name]
        : namedBindings.elements.map((element) => element.name);
  return [...(name ? [name] : []), ...more].map(({ text }) => text);
}

function keysIn(statement: ts.Statement): string[] {
  const text = (name: ts.Node | undefined) => (name && "text" in name ? String(name.text) : "");
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map((d) => text(d.name));
  if (ts.isInterfaceDeclaration(statement))
    return statement.members.map((member) => `${statement.name.text}.${text(member.name)}`);
  return "name" in statement ? [text(statement.name as ts.Node | undefined)] : [];
}
