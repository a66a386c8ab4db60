// `blankslate lsp`: what the kernel knows of a cell's types, for editors: a language server over stdin and stdout. It runs no code and knows
// no values; completion of what only a value has is the kernel's own.
import { ProposedFeatures, createConnection } from "vscode-languageserver/node";
import { serve } from "./lsp/server.ts";
import { ROOT } from "./kernel-argv.ts";

/** Runs until the client says exit, or is gone: the library ends the process then. */
export function runLanguageServer(): Promise<never> {
  serve(createConnection(ProposedFeatures.all, process.stdin, process.stdout), ROOT);
  return new Promise(() => undefined);
}
