// More of WebAssembly's API than lib/tensor declares (the same namespace): what is needed to stand between a module and its imports.
declare namespace WebAssembly {
  type Imports = Record<string, Record<string, unknown>>;
  function compile(bytes: Uint8Array): Promise<Module>;
  function instantiate(source: Module, imports?: Imports): Promise<Instance>;
  function instantiate(
    source: Uint8Array | Module,
    imports?: Imports,
  ): Promise<Instance | { readonly module: Module; readonly instance: Instance }>;
}
