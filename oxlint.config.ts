// The house rules that a machine can hold: the direction of imports, one owner per resource, every promise kept.
//
// Direction: a folder may import itself and what stands before it in its list. `lib` never imports `kernel`; `kernel` may import
// `lib/core` alone (errors, the atomic writer, the escaping HTML tag and the table: what both sides must not have twice).
// tests/house/lint.test.ts plants one forbidden import per rule and expects red.
import { defineConfig } from "oxlint";

/** Left to right; folders in one group stand side by side and do not see each other. */
export const KERNEL_ORDER = [["wire", "display"], ["execute", "language"], ["session"], ["command"]];
export const LIB_ORDER = [
  ["core"],
  ["tensor"],
  ["tokenizer"],
  ["data"],
  ["world"],
  ["model"],
  ["train"],
  ["eval"],
  ["probe"],
  ["report"],
  ["sweep"],
];

/** The one folder (or file) that may import a module, and where there has to be a second one. */
export const OWNERS: readonly {
  readonly modules: readonly string[];
  readonly owner: string;
  readonly also?: readonly string[];
  readonly why: string;
}[] = [
  { modules: ["zeromq"], owner: "kernel/wire/**", why: "sockets live in kernel/wire" },
  { modules: ["@tensorflow/*", "webgpu"], owner: "lib/tensor/**", why: "engines live in lib/tensor" },
  {
    modules: ["node:child_process"],
    owner: "kernel/execute/**",
    // lib/sweep: trials run in processes of their own, so that one that crashes is a row with its error.
    also: ["lib/data/sandbox/**", "lib/sweep/**"],
    why: "processes are started in kernel/execute, the sandbox and sweeps",
  },
  {
    modules: ["pyodide", "quickjs-emscripten"],
    owner: "lib/data/sandbox/**",
    why: "model-written code is run in lib/data/sandbox",
  },
  { modules: ["node:inspector", "node:vm"], owner: "kernel/execute/**", why: "code is evaluated in kernel/execute" },
  { modules: ["danfojs-node"], owner: "lib/report/**", why: "frames are made in lib/report" },
];
/** Writing calls of node:fs; reading is free. */
export const FS_WRITERS = [
  "writeFile",
  "writeFileSync",
  "appendFile",
  "appendFileSync",
  "createWriteStream",
  "rename",
  "renameSync",
  "rm",
  "rmSync",
  "mkdir",
  "mkdirSync",
  "unlink",
  "unlinkSync",
  "cp",
  "cpSync",
  "copyFile",
  "copyFileSync",
  "truncate",
  "symlink",
  "symlinkSync",
  "mkdtemp",
  "mkdtempSync",
  "chmod",
  "chmodSync",
];
const FS_OWNER = "lib/core/files.ts";

type Restriction = { readonly paths: object[]; readonly patterns: object[] };

function ownerRules(folder: string): Restriction {
  const patterns = OWNERS.filter((o) => !o.owner.startsWith(folder) && !o.also?.includes(`${folder}/**`)).map((o) => ({
    group: [...o.modules],
    message: `${o.why} only`,
  }));
  const paths = ["node:fs", "node:fs/promises"].map((name) => ({
    name,
    importNames: FS_WRITERS,
    message: `files are written through ${FS_OWNER} only`,
  }));
  return { paths, patterns };
}

function directionRules(order: readonly (readonly string[])[], at: number, folder: string): object[] {
  const allowed = new Set([folder, ...order.slice(0, at).flat()]);
  const group = order
    .flat()
    .filter((name) => !allowed.has(name))
    .map((name) => `**/${name}/**`);
  return group.length > 0 ? [{ group, message: `${folder} may import only what stands left of it` }] : [];
}

function foldersOf(root: "kernel" | "lib", order: readonly (readonly string[])[], foreign: object) {
  return order.flatMap((group, at) =>
    group.flatMap((folder) => {
      const rulesOf = (part: string) => {
        const { paths, patterns } = ownerRules(part);
        const rule = { paths, patterns: [...patterns, foreign, ...directionRules(order, at, folder)] };
        return { files: [`${part}/**`], rules: { "no-restricted-imports": ["error", rule] as ["error", object] } };
      };
      const whole = `${root}/${folder}`;
      const parts = OWNERS.flatMap(({ also = [] }) => also)
        .map((place) => place.slice(0, -"/**".length))
        .filter((place) => place.startsWith(`${whole}/`));
      return [whole, ...parts].map(rulesOf);
    }),
  );
}

const FROM_KERNEL = {
  group: ["**/lib/**", "!**/lib/core/**", "blankslate", "blankslate/*"],
  message: "kernel imports nothing of lib but lib/core",
};
const FROM_LIB = { group: ["**/kernel/**", "blankslate", "blankslate/*"], message: "lib never imports kernel" };

export default defineConfig({
  plugins: ["typescript", "import", "unicorn", "oxc", "promise"],
  categories: { correctness: "error", suspicious: "error" },
  rules: {
    "typescript/no-floating-promises": "error",
    "typescript/no-misused-promises": "error",
    "typescript/await-thenable": "error",
    "typescript/no-explicit-any": "error",
    "import/no-cycle": "error",
    "import/no-default-export": "error",
    "eslint/no-empty": "error",
    "eslint/no-eval": "error",
    "eslint/no-new-func": "error",
    "eslint/no-shadow": "off",
    "eslint/no-await-in-loop": "off",
    "unicorn/no-array-sort": "off",
    "unicorn/consistent-function-scoping": "off",
    "unicorn/no-array-for-each": "off",
    "import/no-unassigned-import": "off",
    "typescript/no-unsafe-type-assertion": "off",
    "promise/always-return": "off",
  },
  ignorePatterns: ["node_modules", "notebooks"],
  overrides: [
    ...foldersOf("kernel", KERNEL_ORDER, FROM_KERNEL),
    ...foldersOf("lib", LIB_ORDER, FROM_LIB),
    { files: [FS_OWNER], rules: { "no-restricted-imports": ["error", { patterns: [FROM_LIB] }] } },
    { files: ["*.config.ts", "kernel/**/*.mjs"], rules: { "import/no-default-export": "off" } },
  ],
});
