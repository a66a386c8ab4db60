// Ends the kernel when the program that started it is gone: killed, it could not say goodbye. Jupyter names that program in
// JPY_PARENT_PID; a kernel started by hand has none and lives on.
const POLL_MS = 1_000;

/** @returns a function that ends the watch */
export function watchParent(gone: () => void, environment: NodeJS.ProcessEnv = process.env): () => void {
  const parent = Number(environment["JPY_PARENT_PID"]);
  // On Windows the variable holds a handle, which cannot be asked from here; Jupyter ends its kernels itself there.
  if (!Number.isInteger(parent) || parent <= 1 || process.platform === "win32") return () => {};
  const first = process.ppid;
  const timer = setInterval(() => {
    // The parent changes when it was ours; a grandparent is asked for.
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
