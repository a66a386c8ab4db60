// Jinja as Python renders it, on Hugging Face's interpreter for JavaScript, which writes values and compares them as JavaScript does.
// Differs from Python's Jinja in: 1. What that interpreter does not know is refused. 2. A whole number is written without ".0", whatever it was
// in Python. 3. The pairs of items() and dictsort are written as lists, not tuples, where a template writes them as they are.
// Source: jinja2; transformers' render_jinja_template (trim_blocks and lstrip_blocks on, raise_exception, strftime_now).
import { Environment, Interpreter, Template } from "@huggingface/jinja";

interface Value {
  readonly type: string;
  readonly value: unknown;
  toString(): string;
}
interface Node {
  readonly type: string;
}
interface Member extends Node {
  readonly object: Node;
  readonly property: Node & { readonly value: string };
  readonly computed: boolean;
}
interface Call extends Node {
  readonly callee: Member;
  readonly args: readonly Node[];
}
interface Filter extends Node {
  readonly operand: Node;
  readonly filter: Node & { readonly value?: string };
}
interface Binary extends Node {
  readonly operator: { readonly value: string };
  readonly left: Node;
  readonly right: Node;
}

/** Their declarations leave out what is private there. */
const Base = Interpreter as unknown as new (environment: Environment) => {
  run(program: unknown): Value;
  evaluate(node: Node, environment: Environment): Value;
  evaluateBlock(nodes: readonly Node[], environment: Environment): Value;
  evaluateCallExpression(node: Call, environment: Environment): Value;
  evaluateMemberExpression(node: Member, environment: Environment): Value;
  evaluateFilterExpression(node: Filter, environment: Environment): Value;
  evaluateBinaryExpression(node: Binary, environment: Environment): Value;
};

/** @throws Error  the template is no Jinja, asks for what is not known, or refuses its values (raise_exception) */
export function renderTemplate(template: string, values: Readonly<Record<string, unknown>>): string {
  const environment = new Environment();
  const globals = { true: true, false: false, none: null, True: true, False: false, None: null };
  const functions = { raise_exception: raise, range, strftime_now: strftimeNow };
  for (const [name, value] of Object.entries({ ...globals, ...functions, ...values })) environment.set(name, value);
  return new PythonInterpreter(environment).run(new Template(template).parsed).value as string;
}

const toValue = (value: unknown) => new Environment().set("it", value) as Value;

function raise(message: string): never {
  throw new Error(message);
}

function range(first: number, second?: number, step = 1): number[] {
  if (step === 0) throw new Error("range() arg 3 must not be zero");
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  return Array.from({ length: Math.max(0, Math.ceil((stop - start) / step)) }, (_, i) => start + i * step);
}

/** Statements that write nothing give a null, too. */
const SILENT = new Set(["Set", "Macro", "Comment"]);

class PythonInterpreter extends Base {
  override evaluateBlock(nodes: readonly Node[], environment: Environment): Value {
    let text = "";
    for (const node of nodes) {
      const value = this.evaluate(node, environment);
      if (!SILENT.has(node.type)) text += textOf(value);
    }
    return toValue(text);
  }

  override evaluateCallExpression(node: Call, environment: Environment): Value {
    const { callee, args } = node;
    const cut = callee.type === "MemberExpression" ? CUTS[callee.property.value] : undefined;
    if (cut) {
      const of = this.evaluate(callee.object, environment);
      const [letters] = args.map((argument) => this.evaluate(argument, environment).value);
      if (of.type === "StringValue") return toValue(cut(of.value as string, (letters ?? SPACES) as string));
    }
    return super.evaluateCallExpression(node, environment);
  }

  override evaluateMemberExpression(node: Member, environment: Environment): Value {
    const { object, property, computed } = node;
    if (computed && property.type !== "SliceExpression" && property.type !== "StringLiteral") {
      const [of, at] = [this.evaluate(object, environment), this.evaluate(property, environment)];
      if (of.type === "StringValue" && at.type === "IntegerValue")
        return toValue(Array.from(of.value as string).at(at.value as number));
    }
    return super.evaluateMemberExpression(node, environment);
  }

  override evaluateFilterExpression(node: Filter, environment: Environment): Value {
    const { value: name } = node.filter;
    if (name === "trim" || name === "length") {
      const { type, value } = this.evaluate(node.operand, environment);
      if (type === "StringValue")
        return toValue(name === "trim" ? strip(value as string, SPACES) : Array.from(value as string).length);
    }
    return super.evaluateFilterExpression(node, environment);
  }

  override evaluateBinaryExpression(node: Binary, environment: Environment): Value {
    const { value: operator } = node.operator;
    if (operator !== "~" && operator !== "==" && operator !== "!=")
      return super.evaluateBinaryExpression(node, environment);
    const [left, right] = [this.evaluate(node.left, environment), this.evaluate(node.right, environment)];
    if (operator === "~") return toValue(textOf(left) + textOf(right));
    return toValue(isEqual(left, right) === (operator === "=="));
  }
}

/** What Python's str.strip takes off. */
const SPACES =
  "\t\n\v\f\r\u001C\u001D\u001E\u001F \u0085\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u2028\u2029\u202F\u205F\u3000";

function leftStrip(text: string, letters: string): string {
  const kept = Array.from(text);
  const from = kept.findIndex((letter) => !letters.includes(letter));
  return from < 0 ? "" : kept.slice(from).join("");
}
function rightStrip(text: string, letters: string): string {
  const kept = Array.from(text);
  return kept.slice(0, kept.findLastIndex((letter) => !letters.includes(letter)) + 1).join("");
}
const strip = (text: string, letters: string) => rightStrip(leftStrip(text, letters), letters);
const CUTS: Readonly<Record<string, (text: string, letters: string) => string>> = {
  strip,
  lstrip: leftStrip,
  rstrip: rightStrip,
};

/** As Python's str. */
function textOf(value: Value): string {
  if (value.type === "StringValue") return value.value as string;
  return value.type === "UndefinedValue" ? "" : represented(value);
}

/** As Python's repr. */
function represented(given: Value): string {
  const { type, value } = given;
  switch (type) {
    case "StringValue":
      return quoted(value as string);
    case "BooleanValue":
      return value === true ? "True" : "False";
    case "NullValue":
      return "None";
    case "UndefinedValue":
      return "Undefined";
    case "ArrayValue":
      return `[${(value as Value[]).map(represented).join(", ")}]`;
    case "TupleValue": {
      const items = (value as Value[]).map(represented);
      return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
    }
    case "ObjectValue": {
      const entries = Array.from(value as Map<string, Value>, ([name, one]) => `${quoted(name)}: ${represented(one)}`);
      return `{${entries.join(", ")}}`;
    }
    default:
      return given.toString();
  }
}

const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const written = Array.from(text, (letter) => {
    if (letter === quote) return `\\${letter}`;
    if (ESCAPES[letter] !== undefined) return ESCAPES[letter];
    if (letter === " " || !/[\p{C}\p{Z}]/u.test(letter)) return letter;
    const code = letter.codePointAt(0) as number;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
    return code < 0x1_0000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
  });
  return quote + written.join("") + quote;
}

const NUMERIC = new Set(["IntegerValue", "FloatValue", "BooleanValue"]);

function isEqual(left: Value, right: Value): boolean {
  if (NUMERIC.has(left.type) && NUMERIC.has(right.type)) return Number(left.value) === Number(right.value);
  if (left.type !== right.type) return false;
  if (left.type === "ArrayValue" || left.type === "TupleValue") {
    const [a, b] = [left.value as Value[], right.value as Value[]];
    return a.length === b.length && a.every((one, i) => isEqual(one, b[i] as Value));
  }
  if (left.type === "ObjectValue") {
    const [a, b] = [left.value as Map<string, Value>, right.value as Map<string, Value>];
    return a.size === b.size && Array.from(a).every(([name, one]) => b.has(name) && isEqual(one, b.get(name) as Value));
  }
  return left.value === right.value;
}

/** In English, whatever the machine speaks. */
function strftimeNow(format: string): string {
  const now = new Date();
  const two = (n: number) => String(n).padStart(2, "0");
  const name = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en-US", options).format(now);
  const parts: Readonly<Record<string, () => string>> = {
    Y: () => String(now.getFullYear()),
    m: () => two(now.getMonth() + 1),
    d: () => two(now.getDate()),
    b: () => name({ month: "short" }),
    B: () => name({ month: "long" }),
    a: () => name({ weekday: "short" }),
    A: () => name({ weekday: "long" }),
    H: () => two(now.getHours()),
    M: () => two(now.getMinutes()),
    S: () => two(now.getSeconds()),
    y: () => two(now.getFullYear() % 100),
    "%": () => "%",
  };
  return format.replaceAll(/%(.)/gu, (code, letter: string) => {
    const part = parts[letter];
    if (part) return part();
    throw new Error(`strftime_now does not know ${code}`);
  });
}
