// The names of a cell, read from its syntax alone: what it declares for later cells, and what it may mean by words.
import type ts from "typescript";

export interface Declared {
  readonly name: string;
  /** A `let` or `var`: later cells may assign it. */
  readonly mutable: boolean;
  /** For the icon beside a completion. */
  readonly kind: "const" | "let" | "function" | "class" | "enum" | "module" | "interface" | "type" | "alias";
}

export interface CellNames {
  readonly declared: ReadonlyMap<string, Declared>;
  /** Declared names the cell already exports under their own name. */
  readonly exported: ReadonlySet<string>;
  /** Of the declared names, those of a `var` in a block: declaration emit does not see them. */
  readonly nested: ReadonlySet<string>;
}

type TypeScript = typeof ts;

export function namesOf(typescript: TypeScript, file: ts.SourceFile): CellNames {
  const declared = new Map<string, Declared>();
  const exported = new Set<string>();
  const nested = new Set<string>();
  const { SyntaxKind, NodeFlags } = typescript;

  const add = (name: ts.BindingName | undefined, kind: Declared["kind"], isExported: boolean): void => {
    if (name === undefined) return;
    if (!typescript.isIdentifier(name)) {
      for (const element of name.elements)
        if (!typescript.isOmittedExpression(element)) add(element.name, kind, isExported);
      return;
    }
    declared.set(name.text, { name: name.text, mutable: kind === "let", kind });
    if (isExported) exported.add(name.text);
  };
  const addVariables = (list: ts.VariableDeclarationList, isExported: boolean): void => {
    // `using` is NodeFlags.Using, `await using` both bits: neither may be assigned.
    const kind = list.flags & (NodeFlags.Const | NodeFlags.Using) ? "const" : "let";
    for (const { name } of list.declarations) add(name, kind, isExported);
  };

  const visit = (node: ts.Statement): void => {
    const isExported =
      typescript.canHaveModifiers(node) && (node.modifiers?.some((m) => m.kind === SyntaxKind.ExportKeyword) ?? false);
    const isDefault =
      typescript.canHaveModifiers(node) && (node.modifiers?.some((m) => m.kind === SyntaxKind.DefaultKeyword) ?? false);
    const byName = isExported && !isDefault;
    if (typescript.isVariableStatement(node)) addVariables(node.declarationList, byName);
    else if (typescript.isFunctionDeclaration(node)) add(node.name, "function", byName);
    else if (typescript.isClassDeclaration(node)) add(node.name, "class", byName);
    else if (typescript.isEnumDeclaration(node)) add(node.name, "enum", byName);
    else if (typescript.isInterfaceDeclaration(node)) add(node.name, "interface", byName);
    else if (typescript.isTypeAliasDeclaration(node)) add(node.name, "type", byName);
    else if (typescript.isModuleDeclaration(node)) {
      if (typescript.isIdentifier(node.name) && !(node.flags & NodeFlags.GlobalAugmentation))
        add(node.name, "module", byName);
    } else if (typescript.isImportEqualsDeclaration(node)) add(node.name, "alias", byName);
    else if (typescript.isImportDeclaration(node)) {
      const clause = node.importClause;
      add(clause?.name, "alias", false);
      const bindings = clause?.namedBindings;
      if (bindings && typescript.isNamespaceImport(bindings)) add(bindings.name, "alias", false);
      else if (bindings) for (const element of bindings.elements) add(element.name, "alias", false);
    } else if (typescript.isExportDeclaration(node)) {
      if (node.exportClause && typescript.isNamedExports(node.exportClause)) {
        for (const element of node.exportClause.elements) exported.add(element.name.text);
      }
    } else visitNestedVars(node);
  };

  /** `var` inside blocks belongs to the cell. */
  const visitNestedVars = (node: ts.Node): void => {
    if (typescript.isFunctionLike(node) || typescript.isClassLike(node) || typescript.isExpressionStatement(node))
      return;
    if (typescript.isVariableDeclarationList(node)) {
      if (node.flags & NodeFlags.BlockScoped) return;
      const before = new Set(declared.keys());
      addVariables(node, false);
      for (const name of declared.keys()) if (!before.has(name)) nested.add(name);
      return;
    }
    typescript.forEachChild(node, visitNestedVars);
  };

  for (const statement of file.statements) visit(statement);
  return { declared, exported, nested };
}

const WORD = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/gu;

/** @returns every identifier-like word, strings and comments included: cheap, and a few too many do no harm */
export function wordsOf(code: string): Set<string> {
  return new Set(code.match(WORD));
}
