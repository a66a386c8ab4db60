// When two texts are the same but for how they are written: the rule by which train and test are kept apart.

/**
 * Case, composed letters, spacing and sentence marks levelled; signs of arithmetic and points between digits are part of a problem.
 * @example level("What is 3.5 + 2 ?") // "what is 3.5 + 2"
 */
export const level = (text: string): string =>
  text
    .normalize()
    .toLowerCase()
    .replace(/(?<!\d)[.,;:!?'"]|[.,;:!?'"](?!\d)/gu, " ")
    .trim()
    .replace(/\s+/gu, " ");
