// The public library as data: every function that `lib/index.ts` gives, with its signature, its doc comment and its options, read by
// TypeScript's own compiler from the very sources that run. One source: what hover shows, `blankslate help NAME` and the page say the same.
import { readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import ts from "typescript";
import { type OptionEntry, callOptions } from "../../language/call-options.ts";
import { ROOT } from "../kernel-argv.ts";

export interface Entry {
  /** "sft", "chart.loss", "Run.frame" */
  readonly name: string;
  /** "chart", "probe", …, "functions", "values" */
  readonly group: string;
  /** As in the source; several where it is overloaded. */
  readonly signatures: readonly string[];
  readonly text: string;
  readonly parameters: readonly { readonly name: string; readonly text: string }[];
  readonly returns: string;
  readonly throws: readonly string[];
  readonly options: readonly OptionEntry[];
  readonly examples: readonly string[];
  /** "lib/report/lab.ts:54" */
  readonly place: string;
}

const LIBRARY = "lib/index.ts";

/** @returns every entry, in the order of the index; takes some seconds */
export function collectEntries(): Entry[] {
  const path = join(ROOT, LIBRARY);
  const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), (file) => readFileSync(file, "utf8")) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const program = ts.createProgram([path], { ...options, noEmit: true });
  const source = program.getSourceFile(path);
  const checker = program.getTypeChecker();
  const index = source && checker.getSymbolAtLocation(source);
  if (!index) return [];
  return checker.getExportsOfModule(index).flatMap((symbol) => new Reader(checker, symbol).entries());
}

class Reader {
  readonly #checker: ts.TypeChecker;
  readonly #symbol: ts.Symbol;
  readonly #name: string;

  constructor(checker: ts.TypeChecker, exported: ts.Symbol) {
    this.#checker = checker;
    this.#name = exported.name;
    this.#symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  }

  entries(): Entry[] {
    const declaration = this.#symbol.declarations?.[0];
    // A namespace of another library (tf) has its own documentation.
    if (!declaration || this.#symbol.flags & ts.SymbolFlags.ValueModule) return [];
    if (!(this.#symbol.flags & ts.SymbolFlags.Value)) return [];
    const type = this.#checker.getTypeOfSymbolAtLocation(this.#symbol, declaration);
    if (ts.isClassDeclaration(declaration)) return this.#classEntries(declaration);
    if (type.getCallSignatures().length > 0) return [this.#entry(this.#name, "functions", type)];
    return type.getProperties().flatMap((property) => {
      const own = this.#checker.getTypeOfSymbolAtLocation(property, declaration);
      return own.getCallSignatures().length > 0 ? [this.#entry(`${this.#name}.${property.name}`, this.#name, own)] : [];
    });
  }

  #classEntries(declaration: ts.ClassDeclaration): Entry[] {
    const instance = this.#checker.getDeclaredTypeOfSymbol(this.#symbol);
    return instance.getProperties().flatMap((property) => {
      const [member] = property.declarations ?? [];
      if (
        !member ||
        !ts.isMethodDeclaration(member) ||
        /^(__|#)/.test(property.name) ||
        /^to(String|JSON)$/.test(property.name)
      )
        return [];
      const type = this.#checker.getTypeOfSymbolAtLocation(property, declaration);
      return [this.#entry(`${this.#name}.${property.name}`, "results", type)];
    });
  }

  #entry(name: string, group: string, type: ts.Type): Entry {
    const signatures = type.getCallSignatures();
    const first = signatures.find((one) => one.getDocumentationComment(this.#checker).length > 0) ?? signatures[0];
    const declaration = first?.getDeclaration();
    const tags = first?.getJsDocTags() ?? [];
    const textsOf = (tag: string): string[] =>
      tags.filter((one) => one.name === tag).map((one) => ts.displayPartsToString(one.text).trim());
    const returns = textsOf("returns").join(" ");
    const own = ts.displayPartsToString(first?.getDocumentationComment(this.#checker));
    return {
      name,
      group,
      signatures: signatures.map((one) => signatureText(one.getDeclaration(), name)),
      text: own || (isNamesake(declaration, name) || returns === "" ? fileText(declaration) : `Gives ${returns}.`),
      parameters: textsOf("param").map((text) => {
        const [, parameter = "", rest = ""] = /^(\S+)\s*(.*)$/s.exec(text) ?? [];
        return { name: parameter, text: rest };
      }),
      returns,
      throws: textsOf("throws"),
      options: first ? callOptions(this.#checker, first, (one) => this.#wordsOf(one)) : [],
      examples: textsOf("example"),
      place: declaration ? placeOf(declaration) : "",
    };
  }

  #wordsOf(symbol: ts.Symbol): string {
    return ts.displayPartsToString(symbol.getDocumentationComment(this.#checker));
  }
}

/** The head of the declaration as it is written, under its public name. */
function signatureText(declaration: ts.SignatureDeclaration, name: string): string {
  const file = declaration.getSourceFile();
  const body = "body" in declaration ? (declaration.body as ts.Node | undefined) : undefined;
  const end = body ? body.getFullStart() : declaration.getEnd();
  const from = declaration.typeParameters?.pos ?? declaration.parameters.pos;
  const head = file.text.slice(from, end).replace(/\s*(=>)?\s*;?\s*$/, "");
  const start = declaration.typeParameters ? "<" : "(";
  return `${name}${start}${head.replace(/\n {2}/g, "\n  ")}`.replace(/\s*\/\*\*[\s\S]*?\*\//g, "");
}

/** Whether a file is about this function: `frameOf` is in frame.ts. */
function isNamesake(declaration: ts.Node | undefined, name: string): boolean {
  const file = basename(declaration?.getSourceFile().fileName ?? "", ".ts").replaceAll("-", "");
  return (name.split(".").at(-1) ?? "").toLowerCase().startsWith(file.toLowerCase());
}

/** What the file is, by its first comment: of a function that its file is about and whose own comment has only tags. */
function fileText(declaration: ts.Node | undefined): string {
  const lines = /^(?:\/\/.*\n)+/.exec(declaration?.getSourceFile().text ?? "")?.[0] ?? "";
  const text = lines
    .replaceAll(/^\/\/ ?/gm, "")
    .replaceAll("\n", " ")
    .trim();
  return /^.*?\.(?=\s+[A-Z`“]|$)/.exec(text)?.[0] ?? text;
}

function placeOf(declaration: ts.Node): string {
  const file = declaration.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(declaration.getStart());
  return `${relative(ROOT, file.fileName).replaceAll("\\", "/")}:${line + 1}`;
}
