import { createStateDatabase, type StateDatabase } from '@isoquorum/execution/state/database';
import { createStoreNodeSource } from '@isoquorum/execution/state/node-source';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import type { Account } from '@isoquorum/execution/state/types';
import { withNeeds } from '@isoquorum/execution/transition/needs';
import { runAsync } from '@isoquorum/execution/transition/steps';
import type { Need, Steps, TransitionOutcome } from '@isoquorum/execution/transition/types';
import { requestsOfNeeds } from '@isoquorum/execution/witness/requests';
import { verifyWitness, type WitnessRequest } from '@isoquorum/execution/witness/witness';
import type { NetworkHost } from '@isoquorum/network/host';
import type { Store } from '@isoquorum/platform/store';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { emptyCodeHash } from '@isoquorum/primitives/header';
import { bytesEqual, bytesToHex } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { participantError } from '../errors.ts';
import type { SyncClient } from './sync-client.ts';
import { createWitnessCache } from './witness-cache.ts';

/** Rounds of asking before a transition is given up: each round brings at least one part that was missing. */
const roundsMax = 2000;

/** A checked block whose state is read: its hash names it to validators, its root binds what they answer. */
export interface StateAnchor {
  readonly blockHash: Hash32;
  readonly stateRoot: Hash32;
}

/** The public state as a page has it: nothing of it, but whatever a computation needs comes from validators, bound by hash to a checked root. */
export interface PublicState {
  /** Shared by public and private tries. */
  readonly database: StateDatabase;
  /**
   * Runs a transition until it has all it needs.
   * @param make starts it anew; called after each round
   * @throws NOT_SERVED, WITNESS_INCOMPLETE, NO_VALIDATORS and what the transition throws
   */
  run<T>(anchor: StateAnchor, make: () => Steps<TransitionOutcome<T>>): Promise<T>;
  /** Reads from tries of the shared database, fetching what is missing of the anchor's state and of the local store. */
  read<T>(anchor: StateAnchor, get: () => T): Promise<T>;
  account(anchor: StateAnchor, address: Address): Promise<Account | undefined>;
  code(anchor: StateAnchor, address: Address): Promise<Uint8Array>;
  storage(anchor: StateAnchor, address: Address, slot: bigint): Promise<bigint>;
  /** Fetches accounts that will be needed, in one request, so that rounds are saved. Failures are left to the rounds. */
  prefetch(anchor: StateAnchor, requests: readonly WitnessRequest[]): Promise<void>;
}

export interface PublicStateOptions {
  readonly host: NetworkHost;
  readonly sync: SyncClient;
  readonly store: Store;
}

export function createPublicState(options: PublicStateOptions): PublicState {
  const { host, sync, store } = options;
  const cache = createWitnessCache(createStoreNodeSource(store));
  const database = createStateDatabase(cache);
  let turn = 0;

  /** Asks validators in turn until one shows all that is asked for; what does not belong to it is dropped. */
  async function ask(anchor: StateAnchor, requests: readonly WitnessRequest[]): Promise<void> {
    const nodes = host.peers().filter((peer) => peer.role === 'node');
    if (nodes.length === 0)
      throw participantError('NO_VALIDATORS', 'No validator is connected to ask for public state.');
    const accounts = requests.map(({ address, slots }) => ({
      address,
      slots: slots.map((slot) => bigintToFixedBytes(slot, 32)),
    }));
    const start = turn++;
    const reasons: string[] = [];
    for (let index = 0; index < nodes.length; index++) {
      const peer = nodes[(start + index) % nodes.length];
      if (peer === undefined) continue;
      try {
        const witness = await sync.witness(peer.id, { blockHash: anchor.blockHash, accounts });
        cache.add(verifyWitness(anchor.stateRoot, requests, witness));
        return;
      } catch (error) {
        reasons.push(`${peer.name ?? peer.id}: ${error instanceof Error ? error.message : 'unknown'}`);
      }
    }
    throw participantError('NOT_SERVED', 'No validator gave the public state that this needs.', {
      blockHash: bytesToHex(anchor.blockHash),
      reasons,
    });
  }

  async function resolve(anchor: StateAnchor, needs: readonly Need[]): Promise<void> {
    for (const need of needs) {
      if (need.type === 'local') for (const key of need.keys) await store.get(key);
      else if (need.type === 'payload' || need.type === 'extension')
        throw participantError('WITNESS_INCOMPLETE', 'A payload is needed that was not resolved.', {}, 'STOP');
      else if (!bytesEqual(need.root, anchor.stateRoot) || need.address === undefined)
        throw participantError(
          'WITNESS_INCOMPLETE',
          'A part of the private state is missing in this browser.',
          { root: bytesToHex(need.root), hash: bytesToHex(need.hash) },
          'STOP',
        );
    }
    const requests = requestsOfNeeds(needs);
    if (requests.length > 0) await ask(anchor, requests);
  }

  async function run<T>(anchor: StateAnchor, make: () => Steps<TransitionOutcome<T>>): Promise<T> {
    for (let round = 0; round < roundsMax; round++) {
      const outcome = await runAsync(make());
      if (outcome.status === 'done') return outcome.result;
      await resolve(anchor, outcome.needs);
    }
    throw participantError('WITNESS_INCOMPLETE', 'This computation touches too much of the public state.', {
      rounds: roundsMax,
    });
  }

  function read<T>(anchor: StateAnchor, get: () => T): Promise<T> {
    return run(anchor, () => withNeeds(once(get)));
  }

  const account = (anchor: StateAnchor, address: Address): Promise<Account | undefined> =>
    read(anchor, () => createTrieReader(database, anchor.stateRoot).account(address));

  return {
    database,
    run,
    read,
    account,
    async code(anchor, address) {
      const found = await account(anchor, address);
      if (found === undefined || bytesEqual(found.codeHash, emptyCodeHash)) return new Uint8Array(0);
      return read(anchor, () => createTrieReader(database, anchor.stateRoot).code(address, found.codeHash));
    },
    async storage(anchor, address, slot) {
      const found = await account(anchor, address);
      if (found === undefined) return 0n;
      return read(anchor, () => createTrieReader(database, anchor.stateRoot).storage(address, found, slot));
    },
    async prefetch(anchor, requests) {
      // Failures are left to the rounds that follow, which say what is missing.
      if (requests.length > 0) await ask(anchor, requests).catch(() => undefined);
    },
  };
}

// oxlint-disable-next-line require-yield
function* once<T>(get: () => T): Steps<T> {
  return get();
}
