// What can be imported from a module. Plain JavaScript, as build.cjs is, which asks this of all of Node's modules: whoever asks it of one reads
// all of its declarations.

const IDENTIFIER = /^(?!default$)[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

exports.exportedFrom = (checker, module) => {
  const exported = checker.getExportsOfModule(module).map(({ name }) => name);
  // `export = path`: its properties can be imported by name.
  const whole = module.exports?.get("export=");
  const names = new Set([...exported, ...(whole ? propertiesOf(checker, whole) : [])]);
  return {
    names: [...names].filter((name) => IDENTIFIER.test(name)),
    hasDefault: whole !== undefined || names.has("default"),
  };
};

const ALIAS = 2_097_152;

function propertiesOf(checker, whole) {
  const value = whole.flags & ALIAS ? checker.getAliasedSymbol(whole) : whole;
  return checker
    .getTypeOfSymbol(value)
    .getProperties()
    .map(({ name }) => name);
}
