/** One case of the suite `tessera`; it throws when what comes out differs from the recording. */
export interface TesseraCase {
  readonly name: string;
  readonly run: () => void | Promise<void>;
}
