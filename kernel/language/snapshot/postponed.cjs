// Syntax trees that wait until somebody looks at them. Node's types are `declare module "…" { … }`, 80 of them, and a notebook takes what it
// needs from a few: parsed and bound, the others were a third of the checker's memory, once in its heap and once in the snapshot that it is
// read from. Here a module is parsed and bound as always, and then its body is let go of: the first look at it (its `statements`, its
// `locals`, its symbol's `exports`, whoever takes it: the checker, completion, a module that adds to it) parses it again, alone, and puts what
// comes of it where it was. Words: a *body* is what stands between a module's braces; a module may have several declarations.

/** Characters. What a smaller body takes, three properties that wait take too. */
const WORTH_IT = 600;

/**
 * @param ts
 * @param file    parsed and bound declarations: a script, whose modules are ambient
 * @param options of the compiler
 */
exports.postpone = (ts, file, options) => {
  const modules = new Map();
  for (const statement of file.statements) {
    if (!ts.isModuleDeclaration(statement) || !ts.isStringLiteral(statement.name)) continue;
    modules.set(statement.symbol, [...(modules.get(statement.symbol) ?? []), statement]);
  }
  for (const [symbol, declarations] of modules) {
    const length = declarations.reduce((sum, { pos, end }) => sum + end - pos, 0);
    if (length < WORTH_IT || declarations.some(addsToGlobals)) modules.delete(symbol);
  }
  unchain(file, new Set([...modules.values()].flat()));
  for (const [symbol, declarations] of modules) wait(ts, file, options, symbol, declarations);
};

/** Each checker reads that part of it. */
const addsToGlobals = ({ body }) => body.statements.some(({ name }) => name?.text === "global");

/** A file's containers are a chain, for who makes up names in it: those in bodies would stay for it. */
function unchain(file, modules) {
  const isInside = ({ parent }) => parent !== undefined && (modules.has(parent) || isInside(parent));
  let last = file;
  for (let next = file.nextContainer; next; next = next.nextContainer) {
    if (isInside(next)) continue;
    last.nextContainer = next;
    last = next;
  }
  last.nextContainer = undefined;
}

function wait(ts, file, options, symbol, declarations) {
  const places = [
    [symbol, "exports"],
    ...declarations.flatMap((declaration) => [
      [declaration, "locals"],
      [declaration.body, "statements"],
    ]),
  ];
  for (const [holder, key] of places) {
    Object.defineProperty(holder, key, {
      configurable: true,
      enumerable: true,
      get() {
        make(ts, file, options, symbol, declarations);
        return holder[key];
      },
    });
  }
}

function make(ts, file, options, symbol, declarations) {
  const text = declarations.map(({ pos, end }) => file.text.slice(pos, end)).join("");
  const piece = ts.createSourceFile(file.fileName, text, file, false, file.scriptKind);
  ts.bindSourceFile(piece, options);
  const { symbol: made } = piece.statements[0];
  for (const one of made.exports.values()) if (one.parent === made) one.parent = symbol;
  put(symbol, "exports", made.exports);
  for (const [i, declaration] of declarations.entries()) {
    const { pos, body, locals } = piece.statements[i];
    move(ts, body, declaration.pos - pos);
    for (const statement of body.statements) statement.parent = declaration.body;
    put(declaration.body, "statements", body.statements);
    put(declaration, "locals", locals);
  }
}

function put(holder, key, value) {
  Object.defineProperty(holder, key, { configurable: true, enumerable: true, writable: true, value });
}

/** A piece begins elsewhere than its file. */
function move(ts, node, by) {
  const moveOne = (one) => {
    one.pos += by;
    one.end += by;
    ts.forEachChild(one, moveOne, moveAll);
  };
  const moveAll = (nodes) => {
    nodes.pos += by;
    nodes.end += by;
    for (const one of nodes) moveOne(one);
  };
  moveOne(node);
}
