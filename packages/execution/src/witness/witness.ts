import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { emptyCodeHash } from '@isoquorum/primitives/header';
import { keccak256 } from '@isoquorum/primitives/keccak';
import type { StateDatabase } from '../state/database.ts';
import { createStateDatabase } from '../state/database.ts';
import { StateMissingError } from '../state/errors.ts';
import { codeKey, nodeKey } from '../state/keys.ts';
import { bytesToMapKey, createMemoryNodeSource, type MemoryNodeSource } from '../state/node-source.ts';
import { createAccountProof } from '../state/proof.ts';

/** A part of a state that somebody wants to read: an account with its code, and some of its slots. */
export interface WitnessRequest {
  readonly address: Address;
  readonly slots: readonly bigint[];
}

/** Trie nodes and codes; each is known by its hash, so that their order says nothing. */
export interface Witness {
  readonly nodes: readonly Uint8Array[];
  readonly codes: readonly Uint8Array[];
}

/** Codes of this module: too much was asked for, or an answer does not hold what was asked for. */
export type WitnessErrorCode = 'WITNESS_TOO_LARGE' | 'WITNESS_INCOMPLETE';

export interface WitnessLimits {
  /** Most accounts and slots together. */
  readonly maxItems?: number;
  /** Most bytes of nodes and codes together. */
  readonly maxBytes?: number;
}

const defaults = { maxItems: 4096, maxBytes: 8 << 20 } as const;

function tooLarge(what: string, limit: number): IsoquorumError {
  return new IsoquorumError('WITNESS_TOO_LARGE', `witness of more than ${limit} ${what}`, { what, limit });
}

/** Gathers distinct byte strings up to a total size. */
class Gathering {
  readonly items = new Map<string, Uint8Array>();
  private readonly budget: { left: number; readonly limit: number };

  constructor(budget: { left: number; readonly limit: number }) {
    this.budget = budget;
  }

  add(bytes: Uint8Array): void {
    const key = bytesToMapKey(keccak256(bytes));
    if (this.items.has(key)) return;
    this.budget.left -= bytes.length;
    if (this.budget.left < 0) throw tooLarge('bytes', this.budget.limit);
    this.items.set(key, bytes);
  }
}

/**
 * The trie nodes and codes that show the requested accounts and slots of a state, present or absent.
 * @throws STATE_MISSING when this machine does not hold them; WITNESS_TOO_LARGE
 */
export function collectWitness(
  database: StateDatabase,
  root: Hash32,
  requests: readonly WitnessRequest[],
  limits: WitnessLimits = {},
): Witness {
  const maxItems = limits.maxItems ?? defaults.maxItems;
  const limit = limits.maxBytes ?? defaults.maxBytes;
  const budget = { left: limit, limit };
  const nodes = new Gathering(budget);
  const codes = new Gathering(budget);
  let items = 0;
  for (const { address, slots } of requests) {
    items += 1 + slots.length;
    if (items > maxItems) throw tooLarge('accounts and slots', maxItems);
    const proof = createAccountProof(database, root, address, slots);
    for (const node of proof.nodes) nodes.add(node);
    for (const slot of proof.slots) for (const node of slot.nodes) nodes.add(node);
    const codeHash = proof.account?.codeHash;
    if (codeHash === undefined || bytesEqual(codeHash, emptyCodeHash)) continue;
    const code = database.code(codeHash);
    if (code === undefined) throw new StateMissingError({ root, address, hash: codeHash, isCode: true });
    codes.add(code);
  }
  return { nodes: [...nodes.items.values()], codes: [...codes.items.values()] };
}

/** Node source of what witnesses have shown. Everything in it is found by its own hash, so it cannot hold a lie. */
export interface WitnessSource extends MemoryNodeSource {
  add(witness: Witness): void;
}

/** An empty witness source. Make a new one per chain of blocks that is followed; it only grows. */
export function createWitnessSource(): WitnessSource {
  const memory = createMemoryNodeSource();
  return Object.assign(memory, {
    add(witness: Witness): void {
      memory.apply(witness.nodes.map((node) => ({ type: 'put', key: nodeKey(keccak256(node)), value: node })));
      memory.apply(witness.codes.map((code) => ({ type: 'put', key: codeKey(keccak256(code)), value: code })));
    },
  });
}

/**
 * Checks that an answer shows all that was asked for, in the state with this root, and answers only the parts that do:
 * what a peer added besides is dropped.
 * @throws WITNESS_INCOMPLETE
 */
export function verifyWitness(root: Hash32, requests: readonly WitnessRequest[], witness: Witness): Witness {
  const source = createWitnessSource();
  source.add(witness);
  try {
    return collectWitness(createStateDatabase(source), root, requests, { maxItems: Infinity, maxBytes: Infinity });
  } catch (error) {
    if (!(error instanceof IsoquorumError)) throw error;
    throw new IsoquorumError(
      'WITNESS_INCOMPLETE',
      `witness does not show what was asked for: ${error.message}`,
      error.fields,
      'REJECT',
      { cause: error },
    );
  }
}
