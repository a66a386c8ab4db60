// JavaScript as a module has it becomes a script for V8's REPL mode. Words: a binding is *shared* when something besides its own
// declaration needs it early or declares it again (`var`, enums, a name declared twice); shared bindings are declared in front and
// their declarations become assignments. Everything else stays in place as `let`, which V8 compiles to the fastest code.
// `using` needs a block, so a cell with it at top level is put into one, with every binding shared.
import MagicString from "magic-string";
import type { SourceMapInput } from "@jridgewell/trace-mapping";
import type { Class, Function, ImportDeclaration, ParseResult, Statement, VariableDeclaration } from "oxc-parser";
import { guardAwaits } from "./awaits.ts";
import { boundNames, declaredVars, usedAsValues } from "./bindings.ts";
import { LINES_BEFORE } from "./locate.ts";
import { IMPORTS, isOwnFile, type Live, readDeno, readLive } from "./references.ts";

/**
 * Registered by the executor: (specifier, attributes?, exports that must exist?, live names and their exports?) => Promise<namespace>,
 * with `.meta` as import.meta and `.renew` for the live names of earlier cells.
 */
export const IMPORTER = `globalThis[Symbol.for("blankslate.import")]`;

export interface Rewritten {
  readonly code: string;
  readonly map: () => SourceMapInput;
  readonly names: readonly string[];
  readonly imports: readonly string[];
  /** Where the last statement starts, if it is an expression that may be the cell's result. */
  readonly resultAt: number | undefined;
}

/** What `rewrite` reads: LINES_BEFORE empty lines, so that hoisted code can go to index 0, then the lowered code. */
export function withLead(lowered: string): string {
  return "\n".repeat(LINES_BEFORE) + lowered;
}

type Named<T> = T & { readonly id: { readonly name: string; readonly start: number } };

/** @param code made by withLead, already parsed */
export function rewrite(code: string, parsed: ParseResult, live: Live): Rewritten {
  const { program } = parsed;
  const out = new MagicString(code);
  // oxc ends a module of nothing but types with `export {};`.
  const body = (program.body as Statement[]).filter((s) => !isEmptyExport(s, out));
  const statements = body.map((statement) => exposed(statement, out));
  const inBlock = statements.some((s) => s?.type === "VariableDeclaration" && isUsing(s));
  const { names, shared } = collect(statements, inBlock);
  const imports: string[] = [];
  const wanted = body.some((s) => s.type === "ImportDeclaration") ? usedAsValues(body) : new Set<string>();

  const isShared = (name: string) => shared.has(name);
  const ownLive = readImports(body, live).filter((name) => !shared.has(name));
  const read = readLive(code, body, live.read.difference(names).union(new Set(ownLive)), out);
  const copied = live.copied.size > 0 ? [...live.copied.difference(names).intersection(usedAsValues(body))] : [];
  readDeno(code, body, names, out);
  const renewed = [...[...read].filter((name) => !names.has(name)), ...copied];
  for (const statement of statements) {
    if (statement === undefined) continue;
    switch (statement.type) {
      case "VariableDeclaration":
        declareVariables(statement, out, shared, inBlock);
        break;
      case "FunctionDeclaration":
        declareFunction(statement as Named<Function>, out, isShared);
        break;
      case "ClassDeclaration":
        declareClass(statement as Named<Class>, out, isShared);
        break;
      case "ImportDeclaration":
        imports.push(statement.source.value);
        out.overwrite(statement.start, statement.end, importText(statement, wanted, isShared, live));
        out.move(statement.start, statement.end, 0);
        break;
      default:
        for (const nested of declaredVars(statement)) assignInPlace(nested.declaration, nested.inHead, out);
    }
  }
  // `import()` inside Runtime.evaluate throws: there is no module to resolve from.
  for (const { start, moduleRequest, end } of parsed.module.dynamicImports) {
    out.overwrite(start, start + "import".length, IMPORTER);
    const rest = code.slice(moduleRequest.end, end);
    const comma = /^\s*,\s*(?=[^\s)])/.exec(rest);
    if (comma) {
      out.overwrite(moduleRequest.end, moduleRequest.end + comma[0].length, ", (");
      out.appendLeft(end - 1, ")?.with");
    }
  }
  for (const { start, end } of parsed.module.importMetas) out.overwrite(start, end, `${IMPORTER}.meta`);
  guardAwaits(code, program, out);

  if (inBlock) {
    out.overwrite(0, 1, "\n{");
    out.append("\n}");
  }
  const again = copied.length > 0 ? ` && (${copied.map((name) => `${name} = ${IMPORTS}.${name}`).join(", ")})` : "";
  const renew = renewed.length > 0 ? ` await ${IMPORTER}.renew(${JSON.stringify(renewed)})${again};` : "";
  out.prepend(`"use strict";${shared.size > 0 ? ` let ${[...shared].join(", ")};` : ""}${renew}\n`);
  const last = body.at(-1);
  return {
    code: out.toString(),
    map: () => out.generateDecodedMap({ hires: true }) as unknown as SourceMapInput,
    names: [...names],
    imports,
    resultAt: last && isExpression(last) ? last.start : undefined,
  };
}

/** @returns the names that the cell imports and reads from the module each time */
function readImports(body: readonly Statement[], live: Live): string[] {
  return body.flatMap((s) =>
    s.type === "ImportDeclaration"
      ? s.specifiers.flatMap((one) => (isReadImport(one, s.source.value, live) ? [one.local.name] : []))
      : [],
  );
}

function isReadImport(one: ImportDeclaration["specifiers"][number], specifier: string, live: Live): boolean {
  return one.type === "ImportSpecifier" && live.isRead(specifier, nameOf(one.imported));
}

function isEmptyExport(statement: Statement, out: MagicString): boolean {
  if (
    statement.type !== "ExportNamedDeclaration" ||
    statement.declaration ||
    statement.source ||
    statement.specifiers.length > 0
  )
    return false;
  out.remove(statement.start, statement.end);
  return true;
}

function isExpression(statement: Statement): boolean {
  if (statement.type !== "ExportDefaultDeclaration") return statement.type === "ExpressionStatement";
  return statement.declaration.type !== "FunctionDeclaration" && statement.declaration.type !== "ClassDeclaration";
}

/** The statement without its `export`; undefined when nothing is left that declares. */
function exposed(statement: Statement, out: MagicString): Statement | undefined {
  switch (statement.type) {
    case "ExportNamedDeclaration":
      if (statement.declaration) {
        out.remove(statement.start, statement.declaration.start);
        return statement.declaration;
      }
      out.overwrite(
        statement.start,
        statement.end,
        statement.source ? `await ${importCall(statement.source.value, "", [])};` : ";",
      );
      return undefined;
    case "ExportAllDeclaration":
      out.overwrite(statement.start, statement.end, `await ${importCall(statement.source.value, "", [])};`);
      return undefined;
    case "ExportDefaultDeclaration": {
      const { declaration } = statement;
      if ((declaration.type === "FunctionDeclaration" || declaration.type === "ClassDeclaration") && declaration.id) {
        out.remove(statement.start, declaration.start);
        return declaration;
      }
      out.overwrite(statement.start, declaration.start, "(");
      out.appendLeft(declaration.end, ")");
      if (declaration.type === "FunctionDeclaration" || declaration.type === "ClassDeclaration")
        out.appendLeft(statement.end, ";");
      return undefined;
    }
    default:
      return statement;
  }
}

function isUsing(declaration: VariableDeclaration): boolean {
  return declaration.kind === "using" || declaration.kind === "await using";
}

function collect(
  statements: readonly (Statement | undefined)[],
  inBlock: boolean,
): { names: Set<string>; shared: Set<string> } {
  const names = new Set<string>();
  const shared = new Set<string>();
  const add = (name: string, early: boolean) => {
    if (early || names.has(name)) shared.add(name);
    names.add(name);
  };
  for (const statement of statements) {
    if (statement === undefined) continue;
    if (statement.type === "VariableDeclaration")
      for (const name of boundNames(statement)) add(name, inBlock || statement.kind === "var");
    else if (statement.type === "ClassDeclaration" && statement.id) add(statement.id.name, inBlock);
    else if (statement.type === "FunctionDeclaration" && statement.id) add(statement.id.name, false);
    else if (statement.type === "ImportDeclaration")
      for (const { local } of statement.specifiers) add(local.name, false);
    else
      for (const { declaration } of declaredVars(statement))
        for (const name of boundNames(declaration)) add(name, true);
  }
  // A declaration is rewritten as a whole: if one of its names is shared, all are.
  for (const statement of statements) {
    if (statement?.type !== "VariableDeclaration") continue;
    const own = boundNames(statement);
    if (own.some((name) => shared.has(name))) for (const name of own) shared.add(name);
  }
  return { names, shared };
}

function declareVariables(
  declaration: VariableDeclaration,
  out: MagicString,
  shared: ReadonlySet<string>,
  inBlock: boolean,
): void {
  const first = declaration.declarations[0];
  if (first === undefined) return;
  if (isUsing(declaration)) {
    // The block's own constant owns the resource; the name that later cells see is assigned on the way.
    for (const { id, init } of declaration.declarations) {
      if (id.type !== "Identifier" || !init) continue;
      out.appendLeft(id.start, `$using_${id.start} = (`);
      out.appendLeft(init.end, ")");
    }
    return;
  }
  if (inBlock || boundNames(declaration).some((name) => shared.has(name))) {
    assignInPlace(declaration, false, out);
    return;
  }
  if (declaration.kind !== "let") out.overwrite(declaration.start, declaration.start + declaration.kind.length, "let");
}

/**
 * `var a = 1, b, { c } = d` becomes `a = 1, { c } = d`: the names are declared in front.
 * @param inHead whether it stands in the head of a for-in or for-of, where only the pattern stays
 */
function assignInPlace(declaration: VariableDeclaration, inHead: boolean, out: MagicString): void {
  const { declarations } = declaration;
  const first = declarations[0];
  if (first === undefined) return;
  out.remove(declaration.start, first.start);
  if (inHead) return;
  let before = -1;
  for (const { id, init, start, end } of declarations) {
    if (before >= 0) out.overwrite(before, start, ", ");
    if (init) {
      if (id.type === "ObjectPattern") {
        out.appendRight(start, "(");
        out.appendLeft(end, ")");
      }
    } else if (declaration.kind === "var") {
      // `var x;` keeps the value x has.
      out.overwrite(start, end, "0");
    } else {
      out.appendLeft(end, " = undefined");
    }
    before = end;
  }
}

function declareFunction(declaration: Named<Function>, out: MagicString, isShared: (name: string) => boolean): void {
  const { id, start, end } = declaration;
  // Anonymous, so that recursion sees the binding of later cells; V8 names it after the binding.
  out.remove(id.start, id.start + id.name.length);
  out.appendRight(start, `${isShared(id.name) ? "" : "let "}${id.name} = `);
  out.appendLeft(end, ";\n");
  out.move(start, end, 0);
}

function declareClass(declaration: Named<Class>, out: MagicString, isShared: (name: string) => boolean): void {
  out.appendRight(declaration.start, `${isShared(declaration.id.name) ? "" : "let "}${declaration.id.name} = `);
  out.appendLeft(declaration.end, ";");
}

function importCall(
  specifier: string,
  attributes: string,
  wanted: readonly string[],
  live: Readonly<Record<string, string>> = {},
): string {
  const all = [attributes, wanted.length > 0 && JSON.stringify(wanted), isEmpty(live) ? "" : JSON.stringify(live)];
  const given = all.slice(0, all.findLastIndex(Boolean) + 1).map((argument) => `, ${argument || "undefined"}`);
  return `${IMPORTER}(${JSON.stringify(specifier)}${given.join("")})`;
}

function isEmpty(object: object): boolean {
  return Object.keys(object).length === 0;
}

/** Names that the cell uses as values must be exports of the module; others may be types, which nothing exports at run time. */
function importText(
  declaration: ImportDeclaration,
  used: ReadonlySet<string>,
  isShared: (name: string) => boolean,
  live: Live,
): string {
  const attributes = declaration.attributes.map(
    ({ key, value }) => `${JSON.stringify(nameOf(key))}: ${JSON.stringify(value.value)}`,
  );
  const wanted: string[] = [];
  const targets: string[] = [];
  const locals: Record<string, string> = {};
  const isOwn = isOwnFile(declaration.source.value);
  let namespace = "";
  for (const specifier of declaration.specifiers) {
    const local = specifier.local.name;
    if (specifier.type === "ImportNamespaceSpecifier") {
      namespace = local;
      if (isOwn && !isShared(local)) locals[local] = "*";
      continue;
    }
    const imported = specifier.type === "ImportDefaultSpecifier" ? "default" : nameOf(specifier.imported);
    if (used.has(local)) wanted.push(imported);
    targets.push(`${JSON.stringify(imported)}: ${local}`);
    const isRead = isReadImport(specifier, declaration.source.value, live);
    if ((isOwn || isRead) && !isShared(local)) locals[local] = isRead ? `=${imported}` : imported;
  }
  const given = attributes.length > 0 ? `{ ${attributes.join(", ")} }` : "";
  const call = `await ${importCall(declaration.source.value, given, wanted, locals)}`;
  const parts: string[] = [];
  if (namespace) parts.push(bind(namespace, call, isShared(namespace)));
  if (targets.length > 0) {
    const allShared = declaration.specifiers.every((s) => isShared(s.local.name));
    const anyShared = declaration.specifiers.some((s) => isShared(s.local.name));
    const value = namespace || call;
    if (anyShared && !allShared) {
      const own = declaration.specifiers
        .filter((s) => !isShared(s.local.name) && s.local.name !== namespace)
        .map((s) => s.local.name);
      if (own.length > 0) parts.push(`let ${own.join(", ")};`);
    }
    parts.push(bind(`{ ${targets.join(", ")} }`, value, anyShared));
  }
  return `${parts.length > 0 ? parts.join(" ") : `${call};`}\n`;
}

function bind(target: string, value: string, assign: boolean): string {
  return assign ? `(${target} = ${value});` : `let ${target} = ${value};`;
}

function nameOf(name: { readonly type: string; readonly name?: string; readonly value?: unknown }): string {
  return name.type === "Identifier" ? (name.name ?? "") : String(name.value);
}
