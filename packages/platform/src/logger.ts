export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Structured log: one message, typed fields. Never give it plaintext of a private payload or key material. */
export interface Logger {
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** A logger that adds `fields` to each line. */
  child(fields: Readonly<Record<string, unknown>>): Logger;
}
