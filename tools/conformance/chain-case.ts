/** One case of the suite `chain`; it throws when what comes out differs from the recording. */
export interface ChainCase {
  readonly name: string;
  readonly run: () => void | Promise<void>;
}
