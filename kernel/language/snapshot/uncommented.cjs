// Declarations without their comments and indentation, seven tenths of the libraries' texts: the text of a parsed file stays in memory, once in
// the checker's heap and once in the snapshot. Where documentation.ts would find a comment there is a *mark*, which says where that stands on
// disk: number of the file, then its first character, `/**12 3456*/`.

/**
 * @param ts
 * @param text   of a file of declarations
 * @param number of the file
 */
exports.uncommented = (ts, text, number) => {
  const { SyntaxKind: kind } = ts;
  const scanner = ts.createScanner(ts.ScriptTarget.ESNext, false, ts.LanguageVariant.Standard, text);
  /** What is open: a brace, or a place in a template. */
  const open = [];
  let result = "";
  let isSpace = false;
  /** A break in what stands between two tokens, which may end a statement. */
  let isBroken = false;
  /** TypeScript takes a comment on a token's own line for that token's. */
  let isNewLine = true;
  let mark = "";
  for (let token = scanner.scan(); token !== kind.EndOfFileToken; token = scanner.scan()) {
    switch (token) {
      case kind.NewLineTrivia:
        isBroken = isNewLine = true;
        continue;
      case kind.MultiLineCommentTrivia: {
        const comment = scanner.getTokenText();
        if (isNewLine && /^\/\*\*./s.test(comment))
          mark = comment === "/**/" ? "" : `/**${number} ${scanner.getTokenStart()}*/`;
        isBroken ||= comment.includes("\n");
        isSpace = true;
        continue;
      }
      case kind.SingleLineCommentTrivia:
      case kind.WhitespaceTrivia:
        isSpace = true;
        continue;
      case kind.TemplateHead:
      case kind.OpenBraceToken:
        open.push(token);
        break;
      case kind.CloseBraceToken:
        if (open.at(-1) !== kind.TemplateHead) open.pop();
        else if (scanner.reScanTemplateToken(false) === kind.TemplateTail) open.pop();
        break;
    }
    result += `${isBroken || mark ? "\n" : isSpace ? " " : ""}${mark}${scanner.getTokenText()}`;
    isSpace = isBroken = isNewLine = false;
    mark = "";
  }
  return result;
};
