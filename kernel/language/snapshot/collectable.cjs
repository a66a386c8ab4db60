// TypeScript's own code, changed so that V8's small collections free what the check of a cell made, once the next cell has its own. Unchanged,
// all checkers of 60 MB of cells live until the next large collection: an object in the old generation holds a function of each (V8 puts it
// there for what it is, not for its age), the function its checker, and small collections take the old generation for alive. What was
// found to do so: accessors in object literals, functions assigned to properties, generators called (each has a map of its own), and array
// literals whose site V8 takes for one of long-lived arrays (`--no-allocation-site-pretenuring`, snapshot.ts).

/** Indentation and comments as in the published file. Each stands in it once. */
const CHANGES = [
  {
    // Accessors that use nothing of the checker: they leave it.
    find: /(\nfunction createTypeChecker\([^]*?\n)( {2}var noIterationTypes = \{\n(?: {4}get .*\n.*\n {4}\},?\n)+ {2}\};\n)/,
    put: (_, before, literal) => `\n${literal}${before}`,
  },
  {
    // Accessors through which transformers set hooks, all before the first is called.
    find: / {4}get onSubstituteNode\(\) \{\n[^]*? {4}set onEmitNode\(value\) \{\n[^]*?\n {4}\},\n/,
    put: () => "    onSubstituteNode,\n    onEmitNode,\n",
  },
  {
    find: / {2}state = 1 \/\* Initialized \*\/;\n {2}const transformed = /,
    put: (found) => `  ({ onSubstituteNode, onEmitNode } = context);\n${found}`,
  },
  {
    // In a pair of parentheses with a comma the function is none that V8 sees assigned.
    find: /( {2}result\.getOrCreateCacheForModuleName = )(\(.*);\n/,
    put: (_, assigned, value) => `${assigned}(0, ${value});\n`,
  },
  {
    // A generator of which one caller wants the first value alone.
    find: / {2}function\* getUnmatchedProperties\((.*)\) \{\n([^]*?)\n {2}\}\n( {2}function getUnmatchedProperty\(.*\n.*getUnmatchedProperties\(.*?)\)\);\n/,
    put: (_, parameters, body, next) =>
      [
        `  function getUnmatchedProperties(${parameters}, onlyFirst) {\n    const found = [];`,
        body.replaceAll(/yield (\w+);/g, "found.push($1); if (onlyFirst) return found;"),
        `    return found;\n  }\n${next}, true));\n`,
      ].join("\n"),
  },
];

/** @throws when TypeScript is another one than this was written for */
exports.collectable = (text) =>
  CHANGES.reduce((before, { find, put }) => {
    if (!find.test(before)) throw new Error(`TypeScript has no ${find}`);
    return before.replace(find, put);
  }, text);
