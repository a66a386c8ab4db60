// What an executor does whose wire process was killed: nobody is left to end it, nor what its cells have started.

/** From the watchdog to the main thread. */
export interface Orphaned {
  readonly type: "orphaned";
}

/** Ends this process with all it started and that did not leave its process group. On Windows they are in a job, and end with it. */
export function killGroup(): void {
  process.kill(process.platform === "win32" ? process.pid : -process.pid, "SIGKILL");
}
