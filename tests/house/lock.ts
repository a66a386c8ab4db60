// What `npm ci` checks before it installs: every optional package that a locked one names must be locked too, also those of other
// platforms. `npm install` leaves out the ones that the registry at hand does not carry (a mirror without macOS builds, say), and
// `npm ci` then refuses on every machine. `node kernel/node.mjs tests/house/lock.ts` adds them by name, version and platform.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Locked {
  version?: string;
  optional?: boolean;
  dev?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}
export interface Lock {
  packages: Record<string, Locked>;
}

const SYSTEMS = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const PROCESSORS: Readonly<Record<string, string>> = { "arm-eabi": "arm", gnueabihf: "arm", musleabihf: "arm" };
const PLAIN_PROCESSORS = ["arm64", "x64", "ia32", "ppc64", "riscv64", "s390x", "wasm32"];

/** Where Node looks for a package from a folder of the lock: nearest first. */
function placesFrom(folder: string, name: string): string[] {
  const parts = folder === "" ? [] : folder.split("/node_modules/");
  const places = parts.map((_, i) => `${parts.slice(0, parts.length - i).join("/node_modules/")}/node_modules/${name}`);
  return [...places, `node_modules/${name}`];
}

/** Optional packages that a locked package wants and the lock does not hold, as [folder, name, version]. */
export function missingOptional(lock: Lock): [folder: string, name: string, version: string][] {
  return Object.entries(lock.packages).flatMap(([folder, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name, range]) => {
        const found = placesFrom(folder, name).find((place) => lock.packages[place]);
        // An exact version must be that version; a range is npm's own business.
        return !found || (/^\d/.test(range) && lock.packages[found]?.version !== range);
      })
      .map(([name, range]): [string, string, string] => [folder, name, range.replace(/^[\^~]/, "")]),
  );
}

function platformOf(name: string): Pick<Locked, "os" | "cpu" | "libc"> {
  const os = SYSTEMS.find((system) => name.includes(system));
  const odd = Object.keys(PROCESSORS).find((part) => name.includes(part));
  const cpu = odd ? PROCESSORS[odd] : PLAIN_PROCESSORS.find((processor) => name.includes(processor));
  const libc = /musl/.test(name) ? ["musl"] : /gnu/.test(name) ? ["glibc"] : undefined;
  if (!cpu) throw new Error(`${name} does not say its platform: add it to the lock by hand`);
  return { ...(os && { os: [os] }), cpu: [cpu], ...(libc && { libc }) };
}

function complete(lock: Lock): number {
  const missing = missingOptional(lock);
  for (const [folder, name, version] of missing) {
    const top = `node_modules/${name}`;
    const place = lock.packages[top] && lock.packages[top].version !== version ? `${folder}/${top}` : top;
    const isDev = lock.packages[folder]?.dev === true;
    lock.packages[place] = { version, ...(isDev && { dev: true }), optional: true, ...platformOf(name) };
  }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  return missing.length;
}

export const LOCK_FILE = join(import.meta.dirname, "../../package-lock.json");

if (import.meta.main) {
  const lock = JSON.parse(readFileSync(LOCK_FILE, "utf8")) as Lock;
  const added = complete(lock);
  if (added > 0) writeFileSync(LOCK_FILE, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`${added} optional packages added to the lock`);
}
