// What `initialize` and `debugInfo` say that the debugger can do.

/** Capabilities in the debug adapter protocol's own names. */
export const CAPABILITIES = {
  supportsConfigurationDoneRequest: true,
  supportsConditionalBreakpoints: true,
  supportsLogPoints: true,
  supportsEvaluateForHovers: true,
  supportsSetVariable: true,
  supportsModulesRequest: true,
  supportsExceptionOptions: false,
  exceptionBreakpointFilters: [
    {
      filter: "uncaught",
      label: "Uncaught exceptions",
      description: "Errors that no try around the throw catches, those of promises among them",
      default: false,
    },
    {
      filter: "all",
      label: "All exceptions",
      description: "Every error that is thrown in code of yours, caught or not",
      default: false,
    },
  ],
} as const;

/** How JupyterLab calls what it can do beyond the protocol. */
export const EXTRAS = { richRendering: true, copyToGlobals: true, exceptionPaths: [] } as const;
