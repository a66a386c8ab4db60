import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { world } from "../../lib/world/worlds.ts";
import { FOLDER, pageOf } from "./worlds.ts";
import { PAGES } from "./worlds/figures.ts";

test.each(PAGES)(
  "the page of %o is what its world gives today: example, verdicts, floors, distances and figure",
  (make) => {
    const page = make();
    const { markdown, svg } = pageOf(page);
    expect(readFileSync(join(FOLDER, `${page.name}.md`), "utf8")).toBe(markdown);
    expect(readFileSync(join(FOLDER, `${page.name}.svg`), "utf8")).toBe(svg);
    expect(markdown).toMatch(/verify .*  true\n .*  false\n/u);
    for (const axis of Object.keys(page.world.describe().axes)) expect(markdown, axis).toContain(`\`${axis}`);
  },
);

test("every world has a page, and help of each names one that is there", () => {
  expect(PAGES).toHaveLength(Object.keys(world).length);
  for (const [name, file] of Object.entries({
    stateMachine: "stateMachine",
    ...Object.fromEntries(Object.keys(world).map((n) => [n, n])),
  })) {
    const source = readFileSync(join(FOLDER, "../../lib/world", `${file}.ts`), "utf8");
    const [, page] = /notebooks\/worlds\/([\w-]+\.md)/u.exec(source) ?? [];
    expect(page, name).toBeDefined();
    expect(existsSync(join(FOLDER, page as string)), name).toBe(true);
  }
});
