// Runs in place of the sandbox's own program, in its layers: tries what argv says and tells by its exit code whether that worked (7) or not (0).
const attempt = process.argv[2] as string;
try {
  await import(`data:text/javascript,${encodeURIComponent(attempt)}`);
} catch {
  process.exit(0);
}
process.exit(7);
