// Where a script means a live import by a name, and not a variable of its own that is called the same: those places are read from the
// module (live.ts). Found by scopes; what stands in a scope that declares the name is left alone.
import type MagicString from "magic-string";
import type { BindingPattern, Node, Statement } from "oxc-parser";
import { boundNames, declaredVars, patternNames } from "./bindings.ts";

/** The global whose properties are the live imports. */
export const IMPORTS = "$$imports";

/** What earlier cells imported from the user's own files. */
export interface Live {
  /** Read from the module each time. */
  readonly read: ReadonlySet<string>;
  /** Variables that are assigned again when the file was edited. */
  readonly copied: ReadonlySet<string>;
  /** Whether an export is assigned by its module. */
  readonly isRead: (specifier: string, name: string) => boolean;
}

export const NOTHING_LIVE: Live = { read: new Set(), copied: new Set(), isRead: () => false };

/** Names the symbol of what `Deno.jupyter` is (deno.ts). */
export const DENO = "blankslate.deno";

/** `Deno.jupyter` in a cell without a Deno of its own. Call it before all other changes. */
export function readDeno(code: string, body: readonly Statement[], names: ReadonlySet<string>, out: MagicString): void {
  if (!code.includes("Deno.jupyter") || names.has("Deno")) return;
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (!isNode(node)) return undefined;
    if (node.type === "MemberExpression" && code.slice(node.start, node.end) === "Deno.jupyter") {
      out.update(node.start, node.end, `globalThis[Symbol.for("${DENO}")]`);
      return undefined;
    }
    return Object.values(node).forEach(visit);
  };
  visit(body);
}

/** Of the user's own files, which may be edited. */
export function isOwnFile(specifier: string): boolean {
  return /^(?:\.{0,2}\/|file:)/.test(specifier);
}

/**
 * Call it before all other changes.
 * @param names of live imports, none of them declared by the script otherwise
 * @returns those of them that occur
 */
export function readLive(
  code: string,
  body: readonly Statement[],
  names: ReadonlySet<string>,
  out: MagicString,
): Set<string> {
  const used = new Set<string>();
  if (![...names].some((name) => code.includes(name))) return used;
  const read = ({ name, start, end }: Identifier, as: "value" | "callee" | "shorthand") => {
    used.add(name);
    const text = `${IMPORTS}.${name}`;
    // A bare call has no `this`.
    out.update(start, end, as === "callee" ? `(0, ${text})` : as === "shorthand" ? `${name}: ${text}` : text);
  };
  const visitAll = (nodes: readonly unknown[], free: ReadonlySet<string>) => nodes.forEach((node) => visit(node, free));

  function visit(node: unknown, free: ReadonlySet<string>): void {
    if (Array.isArray(node)) return visitAll(node, free);
    if (!isNode(node) || free.size === 0) return undefined;
    switch (node.type) {
      case "Identifier":
        if (free.has(node.name)) read(node, "value");
        return undefined;
      // Statements of modules, written anew as a whole; labels and `import.meta` hold no variables.
      case "ImportDeclaration":
      case "ExportAllDeclaration":
      case "MetaProperty":
      case "BreakStatement":
      case "ContinueStatement":
        return undefined;
      case "ExportNamedDeclaration":
        return visit(node.declaration, free);
      case "LabeledStatement":
        return visit(node.body, free);
      case "CallExpression":
      case "TaggedTemplateExpression": {
        const callee = node.type === "CallExpression" ? node.callee : node.tag;
        if (callee.type === "Identifier" && free.has(callee.name)) read(callee, "callee");
        else visit(callee, free);
        return visit(node.type === "CallExpression" ? node.arguments : node.quasi, free);
      }
      case "Property": {
        const { key, value } = node;
        if (!node.shorthand || key.type !== "Identifier") break;
        if (free.has(key.name)) read(key, "shorthand");
        // What follows in a pattern is the default.
        return value.type === "AssignmentPattern" ? visit(value.right, free) : undefined;
      }
      default:
    }
    const inner = within(node, free);
    for (const [field, value] of Object.entries(node)) {
      const isName = (field === "key" || field === "property") && (node as { computed?: unknown }).computed === false;
      if (!isName && typeof value === "object") visit(value, inner);
    }
  }
  visitAll(body, names);
  return used;
}

/**
 * @param name of a variable that the statements declare
 * @returns whether they assign it anywhere, its declaration aside; a pattern that holds the name counts
 */
export function assigns(body: readonly Statement[], name: string): boolean {
  const holds = (target: unknown): boolean => {
    if (Array.isArray(target)) return target.some(holds);
    if (!isNode(target) || target.type === "MemberExpression") return false;
    return target.type === "Identifier" ? target.name === name : Object.values(target).some(holds);
  };
  const free = new Set([name]);
  const visit = (node: unknown): boolean => {
    if (Array.isArray(node)) return node.some(visit);
    if (!isNode(node)) return false;
    if (node.type === "AssignmentExpression" && holds(node.left)) return true;
    if (node.type === "UpdateExpression" && holds(node.argument)) return true;
    if ((node.type === "ForOfStatement" || node.type === "ForInStatement") && node.left.type !== "VariableDeclaration")
      if (holds(node.left)) return true;
    return within(node, free).size > 0 && Object.values(node).some(visit);
  };
  return body.some(visit);
}

type Identifier = Extract<Node, { type: "Identifier" }>;

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}

/** @returns the names that are still free inside a node */
function within(node: Node, free: ReadonlySet<string>): ReadonlySet<string> {
  const own = declaredIn(node).filter((name) => free.has(name));
  return own.length === 0 ? free : free.difference(new Set(own));
}

function declaredIn(node: Node): string[] {
  switch (node.type) {
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression": {
      const own = node.type === "FunctionExpression" && node.id ? [node.id.name] : [];
      const parameters = node.params.flatMap((p) =>
        patternNames((p.type === "RestElement" ? p.argument : p) as BindingPattern),
      );
      const body = node.body?.type === "BlockStatement" ? (node.body.body as Statement[]) : [];
      const variables = body.flatMap((s) => declaredVars(s).flatMap(({ declaration }) => boundNames(declaration)));
      return [...own, ...parameters, ...variables];
    }
    case "ClassDeclaration":
    case "ClassExpression":
      return node.id ? [node.id.name] : [];
    case "BlockStatement":
    case "StaticBlock":
      return (node.body as Statement[]).flatMap(lexical);
    case "SwitchStatement":
      return node.cases.flatMap((c) => c.consequent.flatMap(lexical));
    case "ForStatement":
      return node.init ? lexical(node.init) : [];
    case "ForInStatement":
    case "ForOfStatement":
      return lexical(node.left);
    case "CatchClause":
      return node.param ? patternNames(node.param) : [];
    default:
      return [];
  }
}

/** @returns what a statement declares in its own block */
function lexical(node: Node): string[] {
  if (node.type === "VariableDeclaration") return boundNames(node);
  if (node.type === "FunctionDeclaration" || node.type === "ClassDeclaration") return node.id ? [node.id.name] : [];
  return [];
}
