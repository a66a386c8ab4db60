// What TypeScript writes twice of an optional parameter.
import { expect, test } from "vitest";
import { withoutRedundancy } from "../../../kernel/language/redundancy.ts";

test.each([
  ["f(a?: (A & B) | undefined, b: C | undefined): D", "f(a?: A & B, b: C | undefined): D"],
  [
    "(o?: (X<M, S> & { readonly t?: readonly [n, n] | undefined; }) | undefined): F",
    "(o?: X<M, S> & { readonly t?: readonly [n, n] | undefined; }): F",
  ],
  [
    "g(n: string, { a, b }?: H | undefined): P<string | undefined>",
    "g(n: string, { a, b }?: H): P<string | undefined>",
  ],
  [
    "h(f?: ((x: number) => string) | undefined, ...r: (A | undefined)[]): void",
    "h(f?: (x: number) => string, ...r: (A | undefined)[]): void",
  ],
  [
    "i(f?: (() => void) | ((a: number) => string) | undefined): void",
    "i(f?: (() => void) | ((a: number) => string)): void",
  ],
  ["j(back: (x?: Map<K, V> | undefined) => A | undefined): void", "j(back: (x?: Map<K, V>) => A | undefined): void"],
])("%s", (signature, short) => expect(withoutRedundancy(signature)).toBe(short));
