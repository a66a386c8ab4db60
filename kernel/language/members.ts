// What there is instead: where TypeScript says that a property does not exist and no near spelling is known, the names that do exist.
// Not for JavaScript's own types and those of elements: everyone knows where to read about them, and they have too many.
import ts from "typescript";

/** In an object literal whose type is known; on a value. */
const NO_SUCH_OPTION = 2353;
const NO_SUCH_PROPERTY = 2339;
/** `sft` takes 21. */
const MOST = 30;

/** @returns "there are: steps, batch, …"; undefined for other errors and where a list would say nothing */
export function membersInstead(
  program: ts.Program,
  file: ts.SourceFile,
  { code, start }: ts.Diagnostic,
): string | undefined {
  if (start === undefined || (code !== NO_SUCH_OPTION && code !== NO_SUCH_PROPERTY)) return undefined;
  const name = nodeAt(file, start);
  const checker = program.getTypeChecker();
  const [type, taken] = code === NO_SUCH_OPTION ? optionsAround(name, checker) : valueBefore(name, checker);
  if (type === undefined) return undefined;
  const names = checker
    .getPropertiesOfType(checker.getNonNullableType(type))
    .filter((property) => !isBuiltIn(property, program))
    .map((property) => property.name)
    .filter((one) => /^[A-Za-z]/.test(one) && !taken.has(one));
  if (names.length === 0) return undefined;
  const more = names.length > MOST ? `, and ${names.length - MOST} more` : "";
  return `there are: ${names.slice(0, MOST).join(", ")}${more}`;
}

export function nodeAt(file: ts.SourceFile, start: number): ts.Node {
  let found: ts.Node = file;
  const into = (node: ts.Node): void => {
    if (node.getStart(file) > start || node.end <= start) return;
    found = node;
    ts.forEachChild(node, into);
  };
  ts.forEachChild(file, into);
  return found;
}

type Found = readonly [type: ts.Type | undefined, taken: ReadonlySet<string>];
const NOTHING: Found = [undefined, new Set()];

function optionsAround(name: ts.Node, checker: ts.TypeChecker): Found {
  const literal = ts.findAncestor(name, ts.isObjectLiteralExpression);
  if (!literal) return NOTHING;
  const taken = literal.properties.flatMap(({ name: own }) => (own && ts.isIdentifier(own) ? [own.text] : []));
  return [checker.getContextualType(literal), new Set(taken)];
}

function valueBefore({ parent }: ts.Node, checker: ts.TypeChecker): Found {
  return ts.isPropertyAccessExpression(parent) ? [checker.getTypeAtLocation(parent.expression), new Set()] : NOTHING;
}

function isBuiltIn({ declarations }: ts.Symbol, program: ts.Program): boolean {
  return declarations?.some((one) => program.isSourceFileDefaultLibrary(one.getSourceFile())) ?? false;
}
