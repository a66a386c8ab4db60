// Reads LaTeX or plain notation of one expression into its normal form. What it does not understand it does not guess: Undecided.
import { callOf, isFunction, logarithm } from "./functions.ts";
import { power } from "./power.ts";
import { Undecided, add, asRational, atom, divide, multiply, negate, number, subtract, toNormalText } from "./ring.ts";
import type { Expression } from "./ring.ts";
import { ONE, parseDecimal, rational } from "./rational.ts";

const GREEK = [
  "alpha",
  "beta",
  "gamma",
  "delta",
  "epsilon",
  "theta",
  "lambda",
  "mu",
  "nu",
  "rho",
  "sigma",
  "tau",
  "phi",
  "omega",
  "ell",
];
/** Deep enough for any answer, shallow enough for any stack. */
const MAX_DEPTH = 60;

/** Names of functions without a backslash count before a bracket alone; elsewhere they are products of letters. */
const TOKEN =
  /\s*(\\[a-zA-Z]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+|sqrt|pi|infty|(?:(?:arc)?(?:sin|cos|tan)|ln|log|exp)(?=\s*\()|[a-zA-Z]|[-+*/^_(){}[\]!|])/uy;

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const match = TOKEN.exec(text);
    if (!match) throw new Undecided("not an expression");
    tokens.push(match[1] as string);
  }
  return tokens;
}

class Reader {
  readonly #tokens: readonly string[];
  /** What \pm stands for in this reading. */
  readonly #plusMinus: 1 | -1;
  #at = 0;
  #depth = 0;

  constructor(text: string, plusMinus: 1 | -1) {
    this.#tokens = tokenize(text);
    this.#plusMinus = plusMinus;
  }

  whole(): Expression {
    const value = this.#sum();
    if (this.#at < this.#tokens.length) throw new Undecided(`unread: ${this.#peek()}`);
    return value;
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }
  #take(token: string): boolean {
    const taken = this.#peek() === token;
    if (taken) this.#at += 1;
    return taken;
  }
  #expect(token: string): void {
    if (!this.#take(token)) throw new Undecided(`no ${token}`);
  }

  #sum(): Expression {
    if (++this.#depth > MAX_DEPTH) throw new Undecided("too deep");
    let value = this.#signedProduct();
    for (let sign = this.#sign(); sign !== 0; sign = this.#sign()) {
      const next = this.#product();
      value = sign > 0 ? add(value, next) : subtract(value, next);
    }
    this.#depth -= 1;
    return value;
  }
  #sign(): -1 | 0 | 1 {
    if (this.#take("+")) return 1;
    if (this.#take("-")) return -1;
    if (this.#take("\\pm")) return this.#plusMinus;
    if (this.#take("\\mp")) return this.#plusMinus === 1 ? -1 : 1;
    return 0;
  }
  #signedProduct(): Expression {
    const sign = this.#sign();
    const value = this.#product();
    return sign < 0 ? negate(value) : value;
  }

  #product(): Expression {
    let value = this.#factor();
    for (;;) {
      if (this.#take("*") || this.#take("\\cdot") || this.#take("\\times"))
        value = multiply(value, this.#signedFactor());
      else if (this.#take("/") || this.#take("\\div")) value = divide(value, this.#signedFactor());
      else if (this.#startsFactor()) value = multiply(value, this.#factor());
      else return value;
    }
  }
  #signedFactor(): Expression {
    const sign = this.#sign();
    const value = this.#factor();
    return sign < 0 ? negate(value) : value;
  }
  /** A number after a letter or another number is no factor: x1 and 1 2 are not understood; 2^n 3^n is, and so is 3!7!. */
  #startsFactor(): boolean {
    const token = this.#peek();
    const [before = "", last = ""] = [this.#tokens[this.#at - 2], this.#tokens[this.#at - 1]];
    const isLate =
      last === "!" ? this.#tokens[this.#at + 1] !== "!" : /^[\d.a-zA-Z]/u.test(last) && !/^[\^_]$/u.test(before);
    if (/^[\d.]/u.test(token ?? "") && isLate) throw new Undecided("no product");
    return token !== undefined && /^(?:\\(?!(?:pm|mp|cdot|times|div|rfloor|rceil)$)|[\d.a-zA-Z({])/u.test(token);
  }

  #factor(): Expression {
    let base = this.#primary();
    for (;;) {
      if (this.#take("!")) base = factorial(base);
      else if (this.#take("^")) return power(base, this.#script());
      else return base;
    }
  }
  /** What stands after ^ : a group, or one token with its sign. */
  #script(): Expression {
    if (this.#peek() === "{") return this.#argument();
    const negative = this.#take("-");
    const value = this.#primary();
    return negative ? negate(value) : value;
  }
  /** What a command applies to: a group, or a single character: \frac34, \sqrt2. */
  #argument(): Expression {
    if (this.#take("{")) {
      const value = this.#sum();
      this.#expect("}");
      return value;
    }
    return this.#primary();
  }
  /** As #argument, but of several digits only the first belongs to it. */
  #shortArgument(): Expression {
    const token = this.#peek();
    if (token === undefined || !/^\d{2,}$/u.test(token)) return this.#argument();
    (this.#tokens as string[]).splice(this.#at, 1, token[0] as string, token.slice(1));
    return this.#primary();
  }

  #primary(): Expression {
    const token = this.#peek();
    if (token === undefined) throw new Undecided("an end too early");
    this.#at += 1;
    const close = { "(": ")", "{": "}", "[": "]" }[token];
    if (close !== undefined) {
      const value = this.#sum();
      this.#expect(close);
      return value;
    }
    const decimal = parseDecimal(token);
    if (decimal) return number(decimal);
    if (token === "\\frac") return this.#fraction();
    if (token === "\\sqrt" || token === "sqrt") return this.#root();
    if (token === "\\pi" || token === "pi") return atom("pi");
    if (token === "|") return this.#absolute();
    if (token === "\\lfloor" || token === "\\lceil") return this.#rounded(token);
    if (token === "\\binom") return binomial(this.#shortArgument(), this.#shortArgument());
    if (/^[a-z]{2,}$/u.test(token)) return this.#call(token);
    if (/^[a-zA-Z]$/u.test(token))
      return token === "i" || token === "e" ? atom(token) : atom(`variable ${token}${this.#subscript()}`);
    if (!token.startsWith("\\")) throw new Undecided(`unexpected ${token}`);
    const name = token.slice(1);
    if (GREEK.includes(name)) return atom(`variable ${name}${this.#subscript()}`);
    if (name === "degree") return divide(atom("pi"), number(rational(180n)));
    if (isFunction(name)) return this.#call(name);
    throw new Undecided(`unknown \\${name}`);
  }
  #subscript(): string {
    if (!this.#take("_")) return "";
    if (!this.#take("{")) {
      this.#at += 1;
      return `_${this.#tokens[this.#at - 1] ?? ""}`;
    }
    const end = this.#tokens.indexOf("}", this.#at);
    if (end < 0) throw new Undecided("no }");
    const inside = this.#tokens.slice(this.#at, end).join(" ");
    this.#at = end + 1;
    return `_${inside}`;
  }
  /** Directly after a whole number, a fraction of whole numbers is added to it: 2\frac{3}{4} is 11/4. */
  #fraction(): Expression {
    // (2^3\frac{1}{2} is no such number.)
    const before = /^[\^_]$/u.test(this.#tokens[this.#at - 3] ?? "") ? "" : (this.#tokens[this.#at - 2] ?? "");
    const [over, under] = [this.#shortArgument(), this.#shortArgument()];
    const parts = [asRational(over), asRational(under)];
    const proper = parts.every((part) => part && part.d === 1n && part.n >= 0n);
    const value = divide(over, under);
    if (!/^\d+$/u.test(before) || !proper) return value;
    // The product that is being read multiplies: value * whole = whole + fraction.
    const whole = number(parseDecimal(before) ?? ONE);
    return asRational(whole)?.n === 0n ? value : divide(add(whole, value), whole);
  }
  #root(): Expression {
    let degree = number(rational(2n));
    if (this.#take("[")) {
      degree = this.#sum();
      this.#expect("]");
    }
    const [radicand, n] = [this.#shortArgument(), asRational(degree)];
    // Under a root sign of odd degree stands the real root: of -8 it is -2.
    const isNegative = (asRational(radicand)?.n ?? 0n) < 0n && n?.d === 1n && n.n % 2n === 1n;
    const root = power(isNegative ? negate(radicand) : radicand, divide(number(ONE), degree));
    return isNegative ? negate(root) : root;
  }
  #absolute(): Expression {
    const value = this.#sum();
    this.#expect("|");
    const known = asRational(value);
    // Of a value and its negative one stands for both.
    if (!known) return atom(`abs(${[value, negate(value)].map(toNormalText).toSorted()[0]})`);
    return known.n < 0n ? negate(value) : value;
  }
  #rounded(open: "\\lfloor" | "\\lceil"): Expression {
    const value = this.#sum();
    this.#expect(open === "\\lfloor" ? "\\rfloor" : "\\rceil");
    const known = asRational(value);
    if (!known) return atom(`${open.slice(1)}(${toNormalText(value)})`);
    const rest = ((known.n % known.d) + known.d) % known.d;
    const floor = (known.n - rest) / known.d;
    return number(rational(open === "\\lceil" && rest > 0n ? floor + 1n : floor));
  }
  #call(name: string): Expression {
    const base = name === "log" && this.#take("_") ? this.#shortArgument() : undefined;
    const suffix = base ? "" : this.#subscript();
    const raised = this.#take("^") ? this.#script() : undefined;
    const argument = this.#argumentOfFunction();
    if (raised && asRational(raised)?.n === -1n && asRational(raised)?.d === 1n)
      return callOf(`arc${name}${suffix}`, argument);
    const value = base
      ? divide(logarithm("ln", argument), logarithm("ln", base))
      : callOf(`${name}${suffix}`, argument);
    return raised ? power(value, raised) : value;
  }
  /** A group in brackets, or all factors up to the next sign, bracket, root or function: \sin 2x is of 2x, \ln 2^3 of 8, \sin x \cos x a product. */
  #argumentOfFunction(): Expression {
    if (/^[({[|]$/u.test(this.#peek() ?? "")) return this.#argument();
    let value = this.#factor();
    while (
      this.#startsFactor() &&
      (/^(?:[\da-df-hj-zA-Z]|\\(?:pi|degree)$|pi$)/u.test(this.#peek() ?? "") || this.#startsGreek())
    )
      value = multiply(value, this.#factor());
    return value;
  }
  #startsGreek(): boolean {
    return GREEK.includes((this.#peek() ?? "").slice(1));
  }
}

function factorial(a: Expression): Expression {
  const value = asRational(a);
  if (!value || value.d !== 1n || value.n < 0n || value.n > 500n) throw new Undecided("factorial");
  let product = 1n;
  for (let i = 2n; i <= value.n; i++) product *= i;
  return number(rational(product));
}

function binomial(a: Expression, b: Expression): Expression {
  const [n, k] = [asRational(a), asRational(b)];
  if (!n && k && k.d === 1n && k.n >= 0n && k.n <= 10n) {
    let product = number(ONE);
    for (let i = 0n; i < k.n; i++)
      product = multiply(product, divide(subtract(a, number(rational(i))), number(rational(i + 1n))));
    return product;
  }
  if (!n || !k || n.d !== 1n || k.d !== 1n || k.n < 0n || n.n < k.n || n.n > 500n) throw new Undecided("binomial");
  let product = 1n;
  for (let i = 1n; i <= k.n; i++) product = (product * (n.n - k.n + i)) / i;
  return number(rational(product));
}

/**
 * @param plusMinus what \pm stands for
 * @throws Undecided for what is not understood; never anything else
 */
export function parseExpression(text: string, plusMinus: 1 | -1 = 1): Expression {
  return new Reader(text, plusMinus).whole();
}
