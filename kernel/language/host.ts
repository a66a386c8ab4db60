// What TypeScript's language service asks of the world: the notebook's virtual files first, then the disk, each file read once.
// Modules are found as the executor finds them: from the notebook's folder, kindly about extensions, then beside Blankslate.
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import type ts from "typescript";
import { readDeclarations } from "./declarations.ts";
import { CELLS, FILE } from "./frame.ts";
import { loaded } from "./loaded.ts";
import { userOptions } from "./user-options.ts";

/** `npm:package@version`, as Deno writes it. */
const NPM = /^npm:(@?[^@]+)(?:@[^/]+)?/;

/** What the executor takes from this install, wherever else it may be installed too. */
const OURS: Readonly<Record<string, string>> = {
  blankslate: "lib/index.ts",
  tslab: "kernel/execute/executor/tslab.ts",
};

const DEFAULT_LIBRARY = "lib.esnext.d.ts";

/** Earlier cells are ambient modules: no file to look for. */
const AMBIENT: ts.ResolvedModuleWithFailedLookupLocations = { resolvedModule: undefined };

export interface VirtualFile {
  readonly text: string;
  readonly version: number;
}

export interface Places {
  /** The notebook's folder. */
  readonly cwd: string;
  /** Where Blankslate is installed. */
  readonly packageRoot: string;
  /** Nobody asks where in its files the laboratory declares a name: its declarations may stand in for them. */
  readonly declared?: boolean;
}

export interface LanguageHost extends ts.LanguageServiceHost {
  write(name: string, text: string): void;
  setRoots(names: readonly string[]): void;
  /** From here on types are checked as tslab does, not strictly, unless a tsconfig.json says otherwise. */
  loosen(): void;
  /**
   * The user's files on disk may have changed.
   * @param forImports packages may have come too
   */
  refresh(forImports: boolean): void;
}

function ancestors(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestors(parent)];
}

export function compilerOptions(typescript: typeof ts, { cwd, packageRoot }: Places): ts.CompilerOptions {
  const typeRoots = [...ancestors(cwd), ...ancestors(packageRoot)].map((folder) =>
    join(folder, "node_modules", "@types"),
  );
  return {
    target: typescript.ScriptTarget.ESNext,
    module: typescript.ModuleKind.NodeNext,
    moduleResolution: typescript.ModuleResolutionKind.NodeNext,
    moduleDetection: typescript.ModuleDetectionKind.Force,
    lib: [DEFAULT_LIBRARY],
    types: ["node"],
    typeRoots: [...new Set(typeRoots)],
    jsx: typescript.JsxEmit.ReactJSX,
    // noImplicitAny for its inference: without it `[]` would be never[]. Complaints about implicit any are dropped in diagnostics.ts.
    strict: true,
    strictPropertyInitialization: false,
    ...userOptions(typescript, { cwd, packageRoot }),
    noImplicitAny: true,
    skipLibCheck: true,
    esModuleInterop: true,
    allowJs: true,
    resolveJsonModule: true,
    allowImportingTsExtensions: true,
    allowArbitraryExtensions: true,
    declaration: true,
    emitDeclarationOnly: true,
  };
}

/** Counted over all hosts, since they share parsed files. */
let versions = 0;

export function createHost(typescript: typeof ts, places: Places, options: ts.CompilerOptions): LanguageHost {
  const { sys } = typescript;
  const virtual = new Map<string, VirtualFile>();
  const snapshots = new Map<string, ts.IScriptSnapshot>();
  const disk = new Map<string, { readonly snapshot: ts.IScriptSnapshot | undefined; readonly stamp: string }>();
  const ownFiles = new Set<string>();
  const exists = new Map<string, boolean>();
  const folders = new Map<string, boolean>();
  let roots: readonly string[] = [];
  let settings = options;
  let resolutions = newCache();

  function newCache(): ts.ModuleResolutionCache {
    return typescript.createModuleResolutionCache(places.cwd, (name) => name, options);
  }
  /** Installed files do not change under a running kernel. */
  const isInstalled = (name: string) =>
    name.includes("/node_modules/") || (name.startsWith(places.packageRoot) && !name.startsWith(places.cwd));
  const stampOf = (name: string) => {
    if (isInstalled(name)) return "1";
    const stat = statSync(name, { throwIfNoEntry: false });
    return stat ? `${stat.mtimeMs}-${stat.size}` : "0";
  };
  const packages = join(places.cwd, "node_modules");
  let installed = stampOf(packages);
  /** Packages came or went since the last cell. */
  let isStale = false;
  // Other libraries bring files of the same declarations.
  const bundled = options.lib?.join() === DEFAULT_LIBRARY ? loaded?.bundled : undefined;
  const laboratory = join(places.packageRoot, "lib", "/");
  let declarations: ReadonlyMap<string, string> | undefined;
  const declaration = (name: string) => {
    if (!places.declared || !isInstalled(name) || !name.startsWith(laboratory)) return undefined;
    return (declarations ??= readDeclarations(places.packageRoot)).get(name);
  };
  const onDisk = (name: string) => {
    let entry = disk.get(name);
    if (entry !== undefined) return entry;
    const text = bundled?.get(name) ?? declaration(name);
    if (text !== undefined) {
      entry = { snapshot: typescript.ScriptSnapshot.fromString(text), stamp: "bundled" };
      disk.set(name, entry);
    } else {
      const text = sys.readFile(name);
      entry = {
        snapshot: text === undefined ? undefined : typescript.ScriptSnapshot.fromString(text),
        stamp: stampOf(name),
      };
      disk.set(name, entry);
      if (!isInstalled(name)) ownFiles.add(name);
    }
    return entry;
  };
  const remembered = (cache: Map<string, boolean>, name: string, ask: (name: string) => boolean) => {
    let known = cache.get(name);
    if (known === undefined) cache.set(name, (known = ask(name)));
    return known;
  };

  const host: LanguageHost = {
    // Types are read from comments in JavaScript only. Parsing all comments is a fifth of the processor time of the first program, and
    // 60 MB; documentation.ts reads the one that is asked for. notebook.ts says the same to the registry.
    jsDocParsingMode: typescript.JSDocParsingMode.ParseForTypeInfo,
    write(name, text) {
      const before = virtual.get(name);
      if (before?.text === text) return;
      virtual.set(name, { text, version: ++versions });
      const old = snapshots.get(name);
      snapshots.set(name, changedSnapshot(typescript, text, old));
    },
    setRoots(names) {
      roots = names;
    },
    loosen() {
      const own = userOptions(typescript, places);
      if (own.strict === undefined && own.strictNullChecks === undefined) settings = { ...settings, strict: false };
    },
    refresh(forImports) {
      const now = stampOf(packages);
      isStale = now !== installed;
      installed = now;
      for (const name of ownFiles) if (stampOf(name) !== disk.get(name)?.stamp) disk.delete(name);
      if (!forImports && !isStale) return;
      for (const [name, found] of exists) if (!found) exists.delete(name);
      for (const [name, found] of folders) if (!found) folders.delete(name);
      resolutions = newCache();
    },
    getCompilationSettings: () => settings,
    getScriptFileNames: () => [...roots],
    getScriptVersion: (name) => String(virtual.get(name)?.version ?? onDisk(name).stamp),
    getScriptSnapshot: (name) => snapshots.get(name) ?? onDisk(name).snapshot,
    getCurrentDirectory: () => places.cwd,
    getDefaultLibFileName: (o) => typescript.getDefaultLibFilePath(o),
    fileExists: (name) => virtual.has(name) || remembered(exists, name, (n) => sys.fileExists(n)),
    readFile: (name) => virtual.get(name)?.text ?? sys.readFile(name),
    directoryExists: (name) => remembered(folders, name, (n) => sys.directoryExists(n)),
    getDirectories: (name) => sys.getDirectories(name),
    readDirectory: (...search) => sys.readDirectory(...search),
    useCaseSensitiveFileNames: () => sys.useCaseSensitiveFileNames,
    realpath: (name) => sys.realpath?.(name) ?? name,
    resolveModuleNameLiterals: (literals, containing, redirect, o, file) =>
      literals.map((literal) =>
        resolve(literal.text, containing, redirect, o, typescript.getModeForUsageLocation(file, literal, o)),
      ),
  };
  // Not in the public type, yet the language service asks for them. Without the first every package.json is read again for every file;
  // without the second earlier cells would never hear of a package that was installed after they imported it.
  Object.assign(host, {
    getModuleResolutionCache: () => resolutions,
    hasInvalidatedResolutions: (path: string) => isStale && /\[cells \d+\]\.d\.mts$/.test(path),
  });

  const loose: ts.CompilerOptions = {
    ...options,
    module: typescript.ModuleKind.Preserve,
    moduleResolution: typescript.ModuleResolutionKind.Bundler,
  };

  function resolve(
    specifier: string,
    containing: string,
    redirect: ts.ResolvedProjectReference | undefined,
    o: ts.CompilerOptions,
    mode: ts.ResolutionMode,
  ): ts.ResolvedModuleWithFailedLookupLocations {
    if (specifier.startsWith(CELLS)) return AMBIENT;
    const ours = OURS[specifier];
    if (ours !== undefined && !isInstalled(containing))
      return { resolvedModule: { resolvedFileName: join(places.packageRoot, ours), extension: ".ts" } };
    const name = specifier.startsWith(FILE) ? specifier.slice(FILE.length) : specifier.replace(NPM, "$1");
    const found = typescript.resolveModuleName(name, containing, o, host, resolutions, redirect, mode);
    if (found.resolvedModule || isInstalled(containing)) return found;
    const kindly = typescript.resolveModuleName(name, containing, loose, host);
    if (kindly.resolvedModule) return kindly;
    if (/^\.{0,2}\//.test(name)) return found;
    const beside = typescript.resolveModuleName(
      name,
      join(places.packageRoot, "kernel", "cell.mts"),
      o,
      host,
      resolutions,
      redirect,
      mode,
    );
    return beside.resolvedModule ? beside : found;
  }
  return host;
}

/** A snapshot that says where it differs from the one before, so that the long file of earlier cells is parsed only there. */
function changedSnapshot(
  typescript: typeof ts,
  text: string,
  before: ts.IScriptSnapshot | undefined,
): ts.IScriptSnapshot {
  const plain = typescript.ScriptSnapshot.fromString(text);
  // Weakly: each snapshot would keep the one before, and that its own, down to the first text.
  const known = before && new WeakRef(before);
  return {
    getText: (start, end) => plain.getText(start, end),
    getLength: () => plain.getLength(),
    getChangeRange(old) {
      if (old !== known?.deref()) return undefined;
      const earlier = old.getText(0, old.getLength());
      const most = Math.min(earlier.length, text.length);
      let start = 0;
      while (start < most && earlier.charCodeAt(start) === text.charCodeAt(start)) start++;
      let end = 0;
      while (
        end < most - start &&
        earlier.charCodeAt(earlier.length - 1 - end) === text.charCodeAt(text.length - 1 - end)
      )
        end++;
      return { span: { start, length: earlier.length - start - end }, newLength: text.length - start - end };
    },
  };
}
