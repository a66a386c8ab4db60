#!/usr/bin/env node
// The command `blankslate`, on whatever Node the shell has: hands over to the pinned one.
import { fileURLToPath } from "node:url";
import { runPinned } from "./node.mjs";

runPinned([fileURLToPath(new URL("./cli.mjs", import.meta.url)), ...process.argv.slice(2)]);
