// Of vitest's JSON report: "PASSED FAILED", then each failure on lines of its own.
import { readFileSync } from "node:fs";
import { relative } from "node:path";

const LINES_OF_A_FAILURE = 6;
const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(process.argv[2], "utf8"));
console.log(numPassedTests, numFailedTests);
for (const { name, message, assertionResults } of testResults) {
  const file = relative(process.cwd(), name);
  if (message) say(file, message);
  for (const one of assertionResults) {
    if (one.status === "failed") say(`${file} > ${one.fullName}`, one.failureMessages.join("\n"));
  }
}

function say(title, text) {
  console.log(`failed: ${title}`);
  for (const line of text.split("\n").slice(0, LINES_OF_A_FAILURE)) console.log(`    ${line}`);
}
