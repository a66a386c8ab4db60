// What may stand where a word begins: TypeScript's entries and the names of earlier cells, before anything is chosen from them. Kept for the
// notebook's current cell, so that the letters of one word, which are asked for one after another, cost one program and one checker.
import ts from "typescript";
import { INCOMING, fileCursor } from "./frame.ts";
import type { Notebook, OpenCell } from "./notebook.ts";
import { withoutRedundancy } from "./redundancy.ts";

export interface Candidate {
  readonly text: string;
  readonly type: string;
  readonly sort: string;
  readonly symbol: ts.Symbol | undefined;
}

export interface Place {
  readonly cell: OpenCell;
  /** Where the word begins, in the cell's text. */
  readonly start: number;
  readonly candidates: readonly Candidate[];
  readonly isMember: boolean;
  /** A name of the cell's scope, not a property nor something in a string. */
  readonly isWord: boolean;
  readonly program: ts.Program | undefined;
  readonly signatures: Map<Candidate, string>;
}

interface Kept {
  readonly place: Place;
  readonly code: string;
  readonly cursor: number;
}

/** With its cell it goes. */
const kept = new WeakMap<OpenCell, Kept>();

const PREFERENCES: ts.GetCompletionsAtPositionOptions = {
  includeCompletionsWithInsertText: false,
  includeCompletionsForImportStatements: true,
  includeSymbol: true,
};

/** @param cursor in UTF-16 units */
export function placeAt(notebook: Notebook, code: string, cursor: number): Place {
  const last = notebook.current && kept.get(notebook.current);
  if (last && isSamePlace(last, code, cursor)) return last.place;
  const place = newPlaceAt(notebook, code, cursor);
  if (place.isMember || place.isWord) kept.set(place.cell, { place, code, cursor });
  return place;
}

const WORD = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** Another word between the same texts: the syntax around it is the same as long as both are words, and names are no keywords. */
function isSamePlace({ place: { start, isMember }, code: before, cursor: end }: Kept, code: string, cursor: number) {
  const rest = code.slice(cursor);
  if (cursor < start || !code.startsWith(before.slice(0, start)) || rest !== before.slice(end)) return false;
  const words = [before.slice(start, end), code.slice(start, cursor)];
  if (words[0] === words[1]) return true;
  // At the end of a text, a dot waits for its property.
  const isFit = isMember
    ? (word: string) => WORD.test(word) || (word === "" && rest.trim() === "")
    : (word: string) => WORD.test(word) && !isKeyword(word);
  return words.every(isFit);
}

function isKeyword(word: string): boolean {
  return ts.identifierToKeywordKind(ts.factory.createIdentifier(word)) !== undefined;
}

function newPlaceAt(notebook: Notebook, code: string, cursor: number): Place {
  const cell = notebook.open(code);
  const position = fileCursor(cell, cursor);
  const info = notebook.service.getCompletionsAtPosition(cell.file, position, PREFERENCES);
  const candidates = new Map<string, Candidate>();
  for (const entry of info?.entries ?? []) {
    const text = entry.insertText ?? entry.name;
    if (text.endsWith(INCOMING) || entry.kind === ts.ScriptElementKind.warning) continue;
    const sort = info?.isMemberCompletion && isOfEveryFunction(entry.symbol) ? LAST : entry.sortText;
    candidates.set(text, { text, type: entry.kind, sort, symbol: entry.symbol });
  }
  const isWord = info !== undefined && !info.isMemberCompletion && isScope(info);
  // Names of earlier cells that this text does not hold yet.
  if (isWord) {
    for (const { name, kind } of notebook.known.values()) {
      if (!cell.names.declared.has(name))
        candidates.set(name, { text: name, type: kind, sort: "10", symbol: undefined });
    }
  }
  return {
    cell,
    start: startOf(info, cell, cursor, position - cursor),
    candidates: [...candidates.values()],
    isMember: info?.isMemberCompletion === true,
    isWord,
    program: notebook.service.getProgram(),
    signatures: new Map(),
  };
}

const LAST = "99";

/** `call`, `bind`, `length`, …: of a function with members of its own, nobody means them first. */
function isOfEveryFunction(symbol: ts.Symbol | undefined): boolean {
  const owner = symbol?.declarations?.[0]?.parent;
  return owner !== undefined && ts.isInterfaceDeclaration(owner) && /^(?:Callable)?Function$/.test(owner.name.text);
}

function isScope(info: ts.CompletionInfo): boolean {
  return info.isGlobalCompletion || info.entries.some((e) => e.kind === ts.ScriptElementKind.keyword);
}

const WORD_BEFORE = /[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*$/u;

/** In strings TypeScript says what is replaced; elsewhere it is the word before the cursor. */
function startOf(info: ts.CompletionInfo | undefined, cell: OpenCell, cursor: number, shift: number): number {
  const span = info?.optionalReplacementSpan ?? info?.entries.find((e) => e.replacementSpan)?.replacementSpan;
  if (span && span.start >= shift && span.start - shift <= cursor) return span.start - shift;
  return cursor - (WORD_BEFORE.exec(cell.code.slice(0, cursor))?.[0].length ?? 0);
}

const MAX_SIGNATURE = 200;

/** Of the first overload. Asked of the checker: the service's own details cost 2 to 8 ms each, for the qualified names in them. */
export function signatureOf({ program, cell, signatures }: Place, candidate: Candidate): string {
  const { symbol } = candidate;
  if (program === undefined || symbol === undefined) return "";
  let text = signatures.get(candidate);
  const at = program.getSourceFile(cell.file);
  if (text === undefined && at !== undefined) {
    const checker = program.getTypeChecker();
    const [signature] = checker.getTypeOfSymbolAtLocation(symbol, at).getCallSignatures();
    text = signature ? withoutRedundancy(checker.signatureToString(signature)).slice(0, MAX_SIGNATURE) : "";
    signatures.set(candidate, text);
  }
  return text ?? "";
}
