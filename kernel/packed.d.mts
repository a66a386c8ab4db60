/** @returns the folder of this installation's packs, which may not exist */
export function packFolder(): string;
/** @returns what changes when a file does; "" for one that is not there */
export function stateOf(file: string): string;
/** @param states of the files, by their paths in this installation */
export function sourcesFile(states: ReadonlyMap<string, string>): { readonly name: string; readonly text: string };
