import { expect, test } from "vitest";
import { bundleOf } from "../../../kernel/display/bundle.ts";
import { TAGS } from "../../../kernel/display/tags.ts";

const { svg, md, latex } = TAGS;

test("holes are escaped, markup of the same tags goes in as it is", async () => {
  const evil = "<script>alert(1)</script>";
  const safe = "&lt;script&gt;alert(1)&lt;/script&gt;";
  const rows = ["a", evil].map((name) => TAGS.html`<li title="${evil}">${name}</li>`);
  const { "text/html": page } = await bundleOf(TAGS.html`<ul>${rows}</ul>`);
  expect(page).toBe(`<ul><li title="${safe}">a</li><li title="${safe}">${safe}</li></ul>`);
});

test("each tag shows itself as its own type", async () => {
  expect(await bundleOf(svg`<svg width="${1}"></svg>`)).toMatchObject({ "image/svg+xml": '<svg width="1"></svg>' });
  expect(await bundleOf(md`**${"bold"}**`)).toMatchObject({ "text/markdown": "**bold**" });
  expect(await bundleOf(latex`$\frac{${1}}{2}$`)).toMatchObject({ "text/latex": "$\\frac{1}{2}$" });
});
