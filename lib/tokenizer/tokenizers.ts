// What a cell calls on tokenizers: `tokenizer.load`, `tokenizer.train`, …
import { trainBpe } from "./bpe.ts";
import { encodeChat } from "./chat.ts";
import { loadTokenizer } from "./hugging-face.ts";
import { wordTokenizer } from "./word.ts";

export const tokenizer = { load: loadTokenizer, train: trainBpe, words: wordTokenizer, chat: encodeChat } as const;
