import compiled from './ready-made.json' with { type: 'json' };
import { readerSource, simpleStorageSource, tokenSource } from './sources.ts';

/** A contract that can be deployed without leaving the page. Compiled once; see `../../contracts/README.md`. */
export interface ReadyMade {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly source: string;
  readonly abi: unknown;
  readonly bytecode: string;
  readonly deployedBytecode: string;
  /** True when the deployed code holds values that its constructor filled in, so that it has no fixed hash. */
  readonly hasImmutables: boolean;
  /** What the form starts with, one for each constructor argument. */
  readonly suggestions: readonly string[];
}

const { SimpleStorage, Token, Reader } = compiled.contracts;

export const READY_MADE: readonly ReadyMade[] = [
  {
    id: 'storage',
    title: 'Simple storage',
    summary: 'One number to set and get. The quickest way to see who can read what.',
    source: simpleStorageSource,
    abi: SimpleStorage.abi,
    bytecode: SimpleStorage.bytecode,
    deployedBytecode: SimpleStorage.deployedBytecode,
    hasImmutables: false,
    suggestions: ['42'],
  },
  {
    id: 'token',
    title: 'Token',
    summary: 'An ERC-20 token that only its parties know of, with balances and transfers.',
    source: tokenSource,
    abi: Token.abi,
    bytecode: Token.bytecode,
    deployedBytecode: Token.deployedBytecode,
    hasImmutables: false,
    suggestions: ['Quiet Coin', 'QC', '1000'],
  },
  {
    id: 'reader',
    title: 'Reader',
    summary: 'A private contract that reads a public one: private code sees public state and cannot change it.',
    source: readerSource,
    abi: Reader.abi,
    bytecode: Reader.bytecode,
    deployedBytecode: Reader.deployedBytecode,
    hasImmutables: true,
    suggestions: [''],
  },
];

/** What the sources were compiled with. */
export const COMPILER: string = `solc ${compiled.compiler}, optimizer on, EVM ${compiled.settings.evmVersion}`;
