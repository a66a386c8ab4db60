// The rows that every rows-*.parquet and rows-*.arrow here holds; pyarrow 23 wrote them, with the codecs and encodings in their names. wide.parquet is 100,000
// rows of 40 columns with one and the same text in 69 kB.
export const FOLDER = import.meta.dirname;

const rowOf = (i: number) => ({
  question: `What is ${i} + ${i + 1}? é😀`,
  answer: String(2 * i + 1),
  level: i % 5,
  big: i * 2 ** 40,
  score: i % 7 === 0 ? null : i / 3,
  right: i % 2 === 0,
  choices: i % 3 === 0 ? [] : [`a${i}`, null, `c${i}`],
  nested: { role: "user", turns: [{ content: `x${i}` }] },
  when: `2026-01-01T12:00:${String(i).padStart(2, "0")}.000Z`,
});

export const ROWS = Array.from({ length: 40 }, (_, i) => rowOf(i));
