// The command `blankslate`: what it offers, and how it fails. A command's code is loaded when it is called, because a kernel must answer its
// first request within 350 ms of its start.

/** The kernel's way in, past everything else: nothing of the command line is needed to run one. */
const [command, connectionFile] = process.argv.slice(2);
if (command === "kernel" && connectionFile !== undefined && !connectionFile.startsWith("-")) {
  const { runKernel } = await import("./session/kernel.ts");
  process.exit(await runKernel(connectionFile));
} else {
  const { main } = await import("./command/main.ts");
  process.exitCode = await main(process.argv.slice(2));
}
