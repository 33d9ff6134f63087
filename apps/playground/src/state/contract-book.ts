import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { signal } from '@preact/signals';
import { type ContractAbi, parseContractAbi } from '../abi/contract-abi.ts';
import { READY_MADE, type ReadyMade } from '../contracts/ready-made.ts';

/** What a person calls a contract, and how to talk to it. Kept by this browser only: an ABI is nowhere on the chain. */
export interface ContractNote {
  readonly name: string;
  readonly abiJson: unknown;
}

/** Where notes are kept: `localStorage` in the page, a map in tests. */
export interface NoteStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const KEY = 'isoquorum-contracts';
const NOTES_MAX = 200;

/** Remembers ABIs by contract address, and recognises ready-made contracts by their code. */
export interface ContractBook {
  /** The note of a contract: what was written down, else what its code says. */
  find(address: string, codeHash: string): { name: string; abi: ContractAbi; source: string | undefined } | undefined;
  /** Writes a note down. @throws ABI_INVALID when the ABI cannot be read */
  note(address: string, note: ContractNote): void;
}

const readyMadeByCodeHash: ReadonlyMap<string, ReadyMade> = new Map(
  READY_MADE.filter((contract) => !contract.hasImmutables).map((contract) => [
    bytesToHex(keccak256(hexToBytes(contract.deployedBytecode, 'bytecode'))),
    contract,
  ]),
);

function readNotes(storage: NoteStorage): Record<string, ContractNote> {
  try {
    const value: unknown = JSON.parse(storage.getItem(KEY) ?? '{}');
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
    return value as Record<string, ContractNote>;
  } catch {
    return {};
  }
}

/** Opens the book that is kept in `storage`; unreadable notes are left out. */
export function openContractBook(storage: NoteStorage): ContractBook {
  const notes = signal(readNotes(storage));
  return {
    find(address, codeHash) {
      const readyMade = readyMadeByCodeHash.get(codeHash);
      const note = notes.value[address];
      if (note !== undefined) {
        try {
          return { name: String(note.name), abi: parseContractAbi(note.abiJson), source: readyMade?.source };
        } catch {
          // An unreadable note is as good as none.
        }
      }
      if (readyMade === undefined) return undefined;
      return { name: readyMade.title, abi: parseContractAbi(readyMade.abi), source: readyMade.source };
    },
    note(address, note) {
      parseContractAbi(note.abiJson);
      const entries = [...Object.entries(notes.value), [address, note] as const].slice(-NOTES_MAX);
      notes.value = Object.fromEntries(entries);
      try {
        storage.setItem(KEY, JSON.stringify(notes.value));
      } catch {
        // A full or forbidden storage costs only the memory of a name.
      }
    },
  };
}
