// A recorded step names the outputs of TensorFlow's operations: all that tfjs-node's kernels call must be known, or steps with them would not be replayed.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { outputsOf } from "../../../lib/tensor/capture/tensorflow/outputs.ts";

const PACKAGE = "@tensorflow/tfjs-node-gpu";
/** What no program may hold: state in the engine, files, pictures, strings. */
const REFUSED =
  /^(Multinomial|Decode|CreateSummary|FlushSummary|Write|SummaryWriter|StaticRegexReplace|NonMaxSuppression)/;

test("the outputs of every operation that tfjs-node calls are known, but of those that draw, write, or read pictures", () => {
  const require = createRequire(import.meta.url);
  const dist = dirname(require.resolve(`${PACKAGE}/dist/nodejs_kernel_backend.js`));
  const files = ["nodejs_kernel_backend.js", ...readdirSync(join(dist, "kernels")).map((name) => `kernels/${name}`)];
  const called = files
    .filter((name) => name.endsWith(".js"))
    .flatMap((name) =>
      Array.from(
        readFileSync(join(dist, name), "utf8").matchAll(
          /execute(?:SingleOutput|MultipleOutputs|SingleInput)\(\s*(?:'|tfjs_1\.)([A-Z]\w+)/g,
        ),
        ([, operation]) => operation as string,
      ),
    );
  expect(called.length).toBeGreaterThan(120);
  expect(called.filter((operation) => !outputsOf(operation, 1) && !REFUSED.test(operation))).toEqual([]);
});
