// When the language worker may take the processor by itself: never beside what a cell needs it for.
/**
 * What a cell has the processor for alone, with all that makes it stop and shows what it prints: on two cores a loop and a checker leave
 * neither. A longer cell is read ahead under, by somebody who writes the next one.
 */
export const ALONE_MS = 5_000;
