/**
 * What the receiver of an error is called to do: `IGNORE` (drop it, the sender may be honest), `REJECT` (the sender is
 * at fault: refuse, and count it against the peer), `RETRY` (may succeed later), `STOP` (this process must not go on).
 */
export type Reaction = 'IGNORE' | 'REJECT' | 'RETRY' | 'STOP';

/** Typed facts about an error, printable in logs and in `error.data` of JSON-RPC. */
export type ErrorFields = Readonly<Record<string, unknown>>;

/**
 * Base of every error that this project throws on purpose: a stable code, typed fields for that code, and the reaction it
 * calls for. Codes are public and stable; texts are not, except those that GoQuorum or Tessera clients match on.
 */
export class IsoquorumError<Code extends string = string, Fields extends ErrorFields = ErrorFields> extends Error {
  override readonly name: string = 'IsoquorumError';
  readonly code: Code;
  readonly fields: Fields;
  readonly reaction: Reaction;

  constructor(
    code: Code,
    message: string,
    fields: Fields,
    reaction: Reaction = 'REJECT',
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.code = code;
    this.fields = fields;
    this.reaction = reaction;
  }

  /** The error as a plain record, for logs. */
  toObject(): { code: Code; message: string; fields: Fields; reaction: Reaction } {
    return { code: this.code, message: this.message, fields: this.fields, reaction: this.reaction };
  }
}

/** True for errors made by this project, optionally with one of the given codes. */
export function isIsoquorumError(error: unknown, ...codes: readonly string[]): error is IsoquorumError {
  return error instanceof IsoquorumError && (codes.length === 0 || codes.includes(error.code));
}
