// A process that runs one sweep, to be killed by sceptic.test.ts.
import { sweep, type SweepOptions } from "../../../lib/sweep/sweep.ts";

await sweep(JSON.parse(process.argv[2] as string) as SweepOptions);
