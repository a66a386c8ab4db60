// The executor process: runs the user's code on its main thread. Started as executor-start.ts says, with the two pipes of
// protocol.ts; says `ready` and then waits for cells. Never touches a socket of Jupyter's.

// The watchdog thread comes up while this one loads the rest.
const { startWatchdog } = await import("./thread.ts");
const watching = startWatchdog();
const { start } = await import("./start.ts");
await start(watching);
