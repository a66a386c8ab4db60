// Every error of ours: a code to match on, a fact, a hint. Cells live in another realm, so nobody may rely on `instanceof`.

/** `${code}: ${fact}\n  hint: ${hint}` is what `String(error)` gives; `code` is the error's name, so Jupyter shows it as ename. */
export class BlankslateError extends Error {
  readonly code: string;
  readonly fact: string;
  readonly hint: string;

  constructor(code: string, fact: string, hint: string, options?: ErrorOptions) {
    super(`${fact}\n  hint: ${hint}`, options);
    this.name = code;
    this.code = code;
    this.fact = fact;
    this.hint = hint;
  }
}

/**
 * @returns an error to throw
 * @example String(fault("SHAPE_MISMATCH", "targets has shape [4, 7], expected [4, 8].", "labels are not shifted here.")) // "SHAPE_MISMATCH: targets has shape [4, 7], expected [4, 8].\n  hint: labels are not shifted here."
 */
export function fault(code: string, fact: string, hint: string, cause?: unknown): BlankslateError {
  return new BlankslateError(code, fact, hint, cause === undefined ? undefined : { cause });
}

/** @returns whether a thrown value, of whatever realm, carries this code */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === "object" && error !== null && (error as { code?: unknown }).code === code;
}

/** @returns whether the system refused to write: no room on the disk, or beyond a quota or a limit on the size of files */
export function isDiskFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT", "EFBIG"].some((code) => hasCode(error, code));
}
