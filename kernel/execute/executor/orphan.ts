// What an executor does whose wire process was killed: nobody is left to end it, nor what its cells have started.

/** From the watchdog to the main thread. */
export interface Orphaned {
  readonly type: "orphaned";
}

/**
 * Ends this process with all it started and that did not leave its process group. On Windows they are in a job, and end with it; whoever started this process in a group of its own
 * making has the rest.
 */
export function killGroup(): void {
  try {
    if (process.platform !== "win32") process.kill(-process.pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
  process.kill(process.pid, "SIGKILL");
}
