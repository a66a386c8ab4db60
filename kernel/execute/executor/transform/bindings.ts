// Which names a statement binds, found without looking into functions.
import type { BindingPattern, Node, Statement, VariableDeclaration } from "oxc-parser";

/** @returns the names a declaration binds, in source order */
export function boundNames(declaration: VariableDeclaration): string[] {
  return declaration.declarations.flatMap(({ id }) => patternNames(id));
}

/** @returns the names a pattern binds */
export function patternNames(pattern: BindingPattern): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "AssignmentPattern":
      return patternNames(pattern.left);
    case "ArrayPattern":
      return pattern.elements.flatMap((e) =>
        e === null ? [] : patternNames(e.type === "RestElement" ? e.argument : e),
      );
    default:
      return pattern.properties.flatMap((p) => patternNames(p.type === "RestElement" ? p.argument : p.value));
  }
}

export interface NestedVar {
  readonly declaration: VariableDeclaration;
  /** In the head of a for-in or for-of. */
  readonly inHead: boolean;
}

/** @returns the `var` declarations inside a statement that belong to the cell's top level */
export function declaredVars(statement: Statement): NestedVar[] {
  const found: NestedVar[] = [];
  const add = (declaration: Node | null, inHead = false) => {
    if (declaration?.type === "VariableDeclaration" && declaration.kind === "var") found.push({ declaration, inHead });
  };
  const visit = (node: Statement | null): void => {
    switch (node?.type) {
      case "VariableDeclaration":
        return add(node);
      case "BlockStatement":
        return node.body.forEach(visit);
      case "IfStatement":
        visit(node.consequent);
        return visit(node.alternate);
      case "ForStatement":
        add(node.init);
        return visit(node.body);
      case "ForInStatement":
      case "ForOfStatement":
        add(node.left, true);
        return visit(node.body);
      case "WhileStatement":
      case "DoWhileStatement":
      case "LabeledStatement":
        return visit(node.body);
      case "TryStatement":
        visit(node.block);
        visit(node.handler?.body ?? null);
        return visit(node.finalizer);
      case "SwitchStatement":
        return node.cases.forEach((c) => c.consequent.forEach(visit));
      default:
        return undefined;
    }
  };
  visit(statement);
  return found;
}

/** @returns identifiers that stand anywhere but in import statements: more than are used, never fewer */
export function usedAsValues(body: readonly Statement[]): Set<string> {
  const used = new Set<string>();
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (typeof node !== "object" || node === null) return undefined;
    const { type, name } = node as { type?: unknown; name?: unknown };
    if (type === "Identifier" && typeof name === "string") used.add(name);
    return Object.values(node).forEach(visit);
  };
  body.forEach((s) => s.type !== "ImportDeclaration" && visit(s));
  return used;
}

/** @returns whether a class is decorated or has an `accessor` */
export function needsDecorators(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(needsDecorators);
  if (typeof node !== "object" || node === null) return false;
  const { type, decorators } = node as { type?: unknown; decorators?: unknown };
  return (
    type === "AccessorProperty" ||
    (Array.isArray(decorators) && decorators.length > 0) ||
    Object.values(node).some(needsDecorators)
  );
}
