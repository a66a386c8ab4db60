import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Browser } from "playwright-core";
import type { Entry } from "../../../kernel/command/documentation/collect.ts";
import { findEntries } from "../../../kernel/command/documentation/command.ts";
import { readEntries } from "../../../kernel/command/documentation/entries.ts";
import { chromiumPath, openBrowser } from "../../browser/chromium.ts";
import { blankslate } from "./blankslate.ts";

const path = chromiumPath();
const page = join(tmpdir(), `blankslate-help-${process.pid}.html`);
let entries: readonly Entry[];

// The compiler reads the library once for all tests: what it found is kept for the commands below.
beforeAll(async () => {
  entries = await readEntries();
}, 120_000);
afterAll(() => rm(page, { force: true }));

test("every function of the index is there, more than 90, each with its signature, its place and words that say what it does", () => {
  expect(entries.length).toBeGreaterThan(90);
  for (const name of ["sft", "chart.passAtK", "probe.twins", "world.stateMachine", "Run.frame"])
    expect(entries.map((entry) => entry.name)).toContain(name);
  expect(entries.filter(({ signatures, place }) => signatures.length === 0 || !/^lib\/.+:\d+$/.test(place))).toEqual(
    [],
  );
  const silent = entries.filter(({ text, returns }) => text === "" && returns === "").map(({ name }) => name);
  expect(silent).toEqual([]);
  const sft = entries.find(({ name }) => name === "sft");
  expect(sft?.options.find(({ name }) => name === "clip")).toMatchObject({ type: "number", optional: true });
  expect(sft?.throws.join()).toContain("NOT_FINITE");
  const optionsOf = (name: string) => entries.find((entry) => entry.name === name)?.options.map((one) => one.name);
  expect(optionsOf("data.jsonl")).toEqual(["prompt", "completion", "id", "meta", "verify", "name"]);
  expect(optionsOf("rewards.random")).toEqual(["p", "seed"]);
  expect(optionsOf("chart.samples")).not.toContain("frame");
  const main = entries.filter(({ name }) => /^(world|model|data|sft|rl|pretrain|evaluate|sweep)\b/.test(name));
  const untold = main.flatMap(({ name, options }) =>
    options.flatMap((one) => (one.text === "" ? `${name} ${one.name}` : [])),
  );
  expect(untold).toEqual([]);
});

test("a topic is a name, a name without its group, a group, or words in any order; nothing is found for nonsense", () => {
  const names = (topic: string): string[] => findEntries(entries, topic).map(({ name }) => name);
  expect(names("chart.loss")).toEqual(["chart.loss"]);
  expect(names("passatk")).toEqual(["chart.passAtK"]);
  expect(names("rewards").every((name) => name.startsWith("rewards."))).toBe(true);
  expect(names("pass@k interval")).toContain("evaluate");
  expect(names("quux frobnicate")).toEqual([]);
});

test("help in a terminal: the signature, options in columns of at most 96 characters, an example; an unknown topic is an error with a hint", async () => {
  const { code, out: stdout } = await blankslate(["help", "chart.passAtK"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^chart\.passAtK<M extends string, S extends string>\(/);
  expect(stdout).toContain("\nOptions\n  title?              string");
  expect(stdout).toContain('chart.passAtK(score, { set: "test"');
  expect(stdout.split("\n").filter((line) => line.length > 130)).toEqual([]);
  expect((await blankslate(["help", "run"])).out).toBe((await blankslate(["run", "--help"])).out);
  const wrong = await blankslate(["help", "quux"]);
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining("NO_SUCH_TOPIC")]);
}, 120_000);

test("a reader that closes the pipe early (`blankslate help | head`) sees no fault of ours", async () => {
  const { out, err, code } = await blankslate(["help"], { pipeTo: "head -1" });
  expect([code, out.split("\n").length, err]).toEqual([0, 2, ""]);
}, 120_000);

describe.skipIf(path === undefined)("the page of all functions, in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser(path ?? "");
  });
  afterAll(() => browser.close());

  test("searching leaves the sections with every word and their entries in the contents, without a request", async () => {
    const { code } = await blankslate(["help", "--html", page]);
    expect(code).toBe(0);
    expect((await readFile(page, "utf8")).length).toBeLessThan(1_500_000);
    const tab = await browser.newPage({ viewport: { width: 1600, height: 900 } });
    const problems: string[] = [];
    tab.on("request", (request) => void (/^(file|data):/.test(request.url()) || problems.push(request.url())));
    tab.on("pageerror", (error) => problems.push(error.message));
    await tab.goto(`file://${page}`);
    const all = await tab.locator("main > section:visible").count();
    expect(all).toBeGreaterThan(90);
    await tab.getByRole("searchbox").fill("chart.passAtK");
    expect(await tab.locator("main > section:visible").count()).toBeLessThan(5);
    expect(await tab.locator("nav li:visible").allInnerTexts()).toContain("chart.passAtK");
    await tab.getByRole("searchbox").fill("");
    expect(await tab.locator("main > section:visible").count()).toBe(all);
    expect(problems).toEqual([]);
  }, 120_000);
});
