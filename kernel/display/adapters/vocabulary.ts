// A tokenizer, whatever its kind: its tokens by id, and what the special ones are for.
import type { MimeBundle } from "../../../lib/core/host.ts";
import { tableBundle } from "../../../lib/core/table.ts";

interface TokenizerLike {
  readonly vocabSize: number;
  readonly padId: number;
  readonly bosId: number;
  readonly eosId: number;
  readonly hash: string;
  /** Of a closed vocabulary, special tokens too. */
  readonly tokens?: readonly string[];
  encode(text: string): number[];
  decode(ids: readonly number[]): string;
}

const SHOWN = 10;

function isTokenizer(value: object): value is TokenizerLike {
  // Before anything is read: any value is asked, and a getter of it may do something.
  if (!("vocabSize" in value && "eosId" in value && "hash" in value)) return false;
  const { vocabSize, eosId, hash, encode, decode } = value as Partial<TokenizerLike>;
  const works = typeof encode === "function" && typeof decode === "function";
  return works && typeof vocabSize === "number" && typeof eosId === "number" && typeof hash === "string";
}

export function vocabularyBundleOf(value: object): MimeBundle | undefined {
  if (!isTokenizer(value)) return undefined;
  const { vocabSize, padId, bosId, eosId, hash, tokens } = value;
  const roles = (id: number): string =>
    [id === padId && "padding", id === bosId && "begin", id === eosId && "end"].filter(Boolean).join(", ");
  return tableBundle(
    {
      columns: [
        { name: "id", type: "" },
        { name: "token", type: "" },
        { name: "role", type: "" },
      ],
      rowCount: vocabSize,
      // White space at a token's ends belongs to it.
      cell: (id, column) =>
        column === 0 ? id : column === 2 ? roles(id) : (tokens?.[id] ?? JSON.stringify(value.decode([id]))),
      caption: `${vocabSize.toLocaleString("en")} tokens`,
      note: `sha256 ${hash.slice(0, 12)}`,
    },
    { maxRows: SHOWN, maxColumns: 3 },
  );
}
