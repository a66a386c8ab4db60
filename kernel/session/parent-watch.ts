// Ends the kernel when the program that started it is gone: killed, it could not say goodbye. Jupyter names that program in
// JPY_PARENT_PID; a kernel started by hand has none and lives on.
const POLL_MS = 1_000;

/** @returns a function that ends the watch */
export function watchParent(gone: () => void, environment: NodeJS.ProcessEnv = process.env): () => void {
  const named = Number(environment["JPY_PARENT_PID"]);
  if (!Number.isInteger(named) || named <= 1) return () => {};
  const first = process.ppid;
  // On Windows the variable holds a handle, which cannot be asked from here; whoever started this process can.
  const parent = process.platform === "win32" ? first : named;
  const timer = setInterval(() => {
    // The parent changes when it was ours (not on Windows); a grandparent is asked for.
    if (process.ppid !== first || !isThere(parent)) gone();
  }, POLL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: there, and another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
