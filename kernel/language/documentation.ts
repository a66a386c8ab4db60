// Documentation comments, read when someone asks: the service does not parse them (host.ts), so the comment before a declaration is
// parsed alone here.
import ts from "typescript";
import { loaded } from "./loaded.ts";

export interface Documentation {
  readonly text: string;
  readonly tags: readonly DocumentationTag[];
}

/** `@param steps how many`: name "param", text "steps how many". */
export interface DocumentationTag {
  readonly name: string;
  readonly text: string;
}

/** @returns the last comment before the innermost declaration at a place of a file, or before what that declaration stands in */
export function documentationAt(file: ts.SourceFile, position: number): Documentation | undefined {
  for (let node: ts.Node | undefined = deepest(file, position); node && !ts.isSourceFile(node); node = node.parent) {
    const comment = commentBefore(file, node);
    if (comment !== undefined) return parse(comment);
    if (ts.isStatement(node) || ts.isClassElement(node) || ts.isTypeElement(node) || ts.isParameter(node))
      return undefined;
  }
  return undefined;
}

function deepest(file: ts.SourceFile, position: number): ts.Node {
  let node: ts.Node = file;
  for (;;) {
    const inner: ts.Node | undefined = ts.forEachChild(node, (child) =>
      child.pos <= position && position < child.end ? child : undefined,
    );
    if (inner === undefined) return node;
    node = inner;
  }
}

function commentBefore(file: ts.SourceFile, node: ts.Node): string | undefined {
  const ranges = ts.getLeadingCommentRanges(file.text, node.pos) ?? [];
  const comment = ranges.map(({ pos, end }) => file.text.slice(pos, end)).findLast((text) => text.startsWith("/**"));
  if (comment === undefined || comment === "/**/") return undefined;
  return loaded?.bundled.has(file.fileName) ? marked(comment, loaded.commented) : comment;
}

const MARK = /^\/\*\*(\d+) (\d+)\*\/$/;

/** @returns the comment for which a mark stands (snapshot/uncommented.cjs); none, where its file is another now */
function marked(mark: string, files: readonly string[]): string | undefined {
  const [, number = "", start = ""] = MARK.exec(mark) ?? [];
  const text = ts.sys.readFile(files[Number(number)] ?? "")?.slice(Number(start));
  return text?.startsWith("/**") ? text.slice(0, text.indexOf("*/") + 2) : undefined;
}

function parse(comment: string): Documentation {
  const file = ts.createSourceFile("comment.ts", `${comment}\nf();`, ts.ScriptTarget.ESNext, true);
  const [statement] = file.statements;
  const found = statement ? ts.getJSDocCommentsAndTags(statement).find((part) => ts.isJSDoc(part)) : undefined;
  return {
    text: ts.getTextOfJSDocComment(found?.comment)?.trim() ?? "",
    tags: (found?.tags ?? []).map((tag) => ({ name: tag.tagName.text, text: textOf(tag, file) })),
  };
}

function textOf(tag: ts.JSDocTag, file: ts.SourceFile): string {
  const about = ts.getTextOfJSDocComment(tag.comment)?.trim() ?? "";
  const names = tag as ts.JSDocTag & { readonly name?: ts.Node; readonly typeExpression?: ts.Node };
  const subject =
    ts.isJSDocParameterTag(tag) || ts.isJSDocTemplateTag(tag)
      ? subjectOf(tag, file)
      : names.typeExpression?.getText(file);
  return [subject, about].filter(Boolean).join(" ");
}

function subjectOf(tag: ts.JSDocParameterTag | ts.JSDocTemplateTag, file: ts.SourceFile): string {
  if (ts.isJSDocParameterTag(tag)) return tag.name.getText(file);
  return tag.typeParameters.map((parameter) => parameter.getText(file)).join(", ");
}
