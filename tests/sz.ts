import { chart } from "blankslate";
import { DISPLAY_SYMBOL } from "../lib/core/host.ts";
const values = Float64Array.from({ length: 1_000_000 }, (_, i) => Math.sin(i) / Math.cos(i * 1.7));
for (const kind of ["box", "violin"] as const) {
  const t = process.cpuUsage();
  const f = chart[kind]({ values });
  const u = process.cpuUsage(t);
  f[DISPLAY_SYMBOL]();
  const w = process.cpuUsage(t);
  console.log(kind, "make", u.user / 1e3, "all", w.user / 1e3);
}
