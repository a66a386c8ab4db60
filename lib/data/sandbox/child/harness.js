// oxlint-disable no-eval, no-new-func, no-implied-eval, no-unused-expressions -- this is QuickJS's, not Node's
// What runs inside a sandbox's JavaScript beside the foreign code; see harness.py, which does the same. Made before any foreign code, and out of its
// reach: what it needs of the language it holds in variables of its own.
(function (print, ask) {
  "use strict";
  const { stringify, parse } = JSON;
  const { isArray } = Array;
  const { keys, is, getPrototypeOf, prototype: objectPrototype } = Object;
  const evaluate = eval;
  const text = (value) => {
    if (typeof value === "string") return value;
    // Of numbers JSON knows neither NaN, nor infinity, nor -0: a division by zero was printed as null.
    if (typeof value === "number") return is(value, -0) ? "-0" : `${value}`;
    try {
      const json = stringify(value);
      return json === undefined ? String(value) : json;
    } catch {
      return String(value);
    }
  };
  const log = (...values) => void print(values.map(text).join(" "));
  globalThis.console = { log, info: log, warn: log, error: log, debug: log };

  const kept = [];
  const encode = (value, mayKeep) => {
    if (value === null || typeof value === "boolean" || typeof value === "string") return value;
    if (typeof value === "number")
      return is(value, -0) ? ["-0"] : Number.isFinite(value) ? value : ["n", String(value)];
    if (value === undefined) return ["u"];
    if (typeof value === "bigint") return ["b", String(value)];
    if (isArray(value)) return ["a", Array.from(value, (item) => encode(item, mayKeep))];
    if (value instanceof Map) return ["m", Array.from(value, ([k, v]) => [encode(k, mayKeep), encode(v, mayKeep)])];
    if (value instanceof Set) return ["s", Array.from(value, (item) => encode(item, mayKeep))];
    if (typeof value === "object" && [objectPrototype, null].includes(getPrototypeOf(value)))
      return ["o", keys(value).map((k) => [k, encode(value[k], mayKeep)])];
    if (references.has(value)) return ["r", references.get(value)];
    if (!mayKeep) throw new TypeError("a test cannot pass this to a submission");
    return ["r", kept.push(value) - 1];
  };
  /** Of a check: the submission's things that have no plain value, by what stands for them. */
  const references = new Map();
  const refer = (id) => {
    const reference = (...args) => call(id, args);
    references.set(reference, id);
    return reference;
  };
  const decode = (data, reference) => {
    if (!isArray(data)) return data;
    const [tag, content] = data;
    if (tag === "-0") return -0;
    if (tag === "n") return Number(content);
    if (tag === "u") return undefined;
    if (tag === "b") return BigInt(content);
    if (tag === "r") return reference(content);
    if (tag === "o") {
      const made = {};
      for (const [k, v] of content)
        Object.defineProperty(made, k, {
          value: decode(v, reference),
          enumerable: true,
          writable: true,
          configurable: true,
        });
      return made;
    }
    if (tag === "m") return new Map(content.map(([k, v]) => [decode(k, reference), decode(v, reference)]));
    const items = content.map((item) => decode(item, reference));
    return tag === "s" ? new Set(items) : items;
  };
  const call = (target, args) => {
    const answer = parse(ask(stringify({ target, args: encode(args, false) })));
    if (answer.ending !== "finished") throw new Error(`the submission: ${answer.error || answer.ending}`);
    return decode(parse(answer.value), refer);
  };

  const equal = (a, b) => {
    if (is(a, b) || a === b) return true;
    const data = encode(a, true);
    return (
      typeof a === "object" && typeof b === "object" && stringify(sorted(data)) === stringify(sorted(encode(b, true)))
    );
  };
  /** Objects, maps and sets without their order. */
  const sorted = (data) => {
    if (!isArray(data)) return data;
    const [tag, content] = data;
    if (!isArray(content)) return data;
    const items = content.map((item) =>
      tag === "o" ? [item[0], sorted(item[1])] : tag === "m" ? item.map(sorted) : sorted(item),
    );
    return [tag, tag === "a" ? items : items.map((item) => stringify(item)).sort()];
  };
  const fail = (message) => {
    throw new Error(message);
  };
  const assert = (condition, message = "assertion failed") => void (condition || fail(message));
  assert.equal =
    assert.deepEqual =
    assert.strictEqual =
    assert.deepStrictEqual =
      (a, b, message) => void (equal(a, b) || fail(message ?? `${text(a)} is not ${text(b)}`));

  return {
    async call(request) {
      const { target, args } = parse(parse(request).call);
      const references = (id) => kept[id];
      const called = typeof target === "string" ? evaluate(target) : kept[target];
      return stringify(encode(await called(...decode(args, references)), true));
    },
    check(request) {
      const { setup, tests, names } = parse(request);
      globalThis.assert = assert;
      evaluate(setup);
      const remote =
        (name) =>
        (...args) =>
          call(name, args);
      for (const name of names) globalThis[name] = remote(name);
      // Names that nobody defines are the submission's.
      const scope = new Proxy(objectPrototype, {
        has: (_, name) => typeof name === "string" && !(name in globalThis) && name !== "scope",
        get: (_, name) => (typeof name === "string" ? remote(name) : undefined),
      });
      Function("scope", `with (scope) { ${tests}\n }`)(scope);
    },
  };
});
