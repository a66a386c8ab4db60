// The options of a call: the properties of the parameter that is called as options are, or taken apart at once, each with its words.
import ts from "typescript";

export interface OptionEntry {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
  readonly text: string;
}

/** Longer types say less than the name of the option. */
const MAX_TYPE = 120;
const OPTIONS = /^(options|given|plan|more|columns|config|__\d+)$/;

/**
 * @param words the documentation of a property
 * @returns [] for a function without such a parameter
 */
export function callOptions(
  checker: ts.TypeChecker,
  signature: ts.Signature,
  words: (property: ts.Symbol) => string,
): OptionEntry[] {
  const declaration = signature.getDeclaration();
  const typeOf = (symbol: ts.Symbol) =>
    checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(symbol, declaration));
  const parameter = signature.parameters.find((one) => OPTIONS.test(one.name) && !isResult(typeOf(one)));
  if (!parameter) return [];
  return typeOf(parameter)
    .getProperties()
    .map((property): OptionEntry => {
      const text = checker
        .typeToString(typeOf(property), declaration, ts.TypeFormatFlags.NoTruncation)
        .replaceAll(/import\("[^"]*"\)\./g, "");
      return {
        name: property.name,
        type: text.length > MAX_TYPE ? `${text.slice(0, MAX_TYPE - 1)}…` : text,
        optional: (property.flags & ts.SymbolFlags.Optional) !== 0,
        text: words(property),
      };
    });
}

/** Whether it is a value with methods of its own, or one of several such. */
function isResult(type: ts.Type): boolean {
  if (type.isUnion()) return type.types.some(isResult);
  return type.isClass() || (((type as ts.TypeReference).target as ts.Type | undefined)?.isClass() ?? false);
}
