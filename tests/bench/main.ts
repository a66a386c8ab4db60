// `npm run bench -- NAME [OPTIONS]`: the benchmarks. They print tables of ratios against rivals measured in the same run.
const BENCHES: Readonly<Record<string, readonly [file: string, what: string]>> = {
  kernel: ["./kernel.ts", "the kernel beside tslab, Deno and ipykernel"],
  language: ["./language.ts", "type checks, completion and the cell transform"],
  train: ["./train.ts", "one training step on every engine found, beside PyTorch CPU"],
};

const [name = "", ...args] = process.argv.slice(2);
const bench = BENCHES[name];
if (!bench) {
  console.error(`usage: npm run bench -- NAME [--json FILE]\n`);
  for (const [known, [, what]] of Object.entries(BENCHES)) console.error(`  ${known.padEnd(8)} ${what}`);
  process.exit(2);
}
process.argv.splice(2, process.argv.length, ...args);
await import(bench[0]);
