import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { describe, expect, it } from 'vitest';
import { addressOf } from '../testing/addresses.ts';
import { createTestDatabase, createTestState } from '../testing/states.ts';
import { ChangeLog } from './change-log.ts';
import type { StateDatabase } from './database.ts';
import { dumpAccount, dumpState } from './dump.ts';
import { State } from './state.ts';
import { createTrieReader } from './trie-reader.ts';
import { TrieUpdater } from './update-tries.ts';

const a = addressOf(1);
const b = addressOf(2);

function commit(
  database: StateDatabase,
  parentRoot: Uint8Array,
  change: (state: State) => void,
  deleteEmpty = true,
): Uint8Array {
  const state = new State(createTrieReader(database, parentRoot));
  change(state);
  state.finalise(deleteEmpty);
  return new TrieUpdater(database, parentRoot).commit(state).root;
}

describe('state', () => {
  it('undoes every kind of change', () => {
    const state = createTestState([{ address: a, balance: 5n, nonce: 1n, code: '6001', storage: { 1: 7n } }]);
    const seen = (): unknown => [
      state.exists(a),
      state.exists(b),
      state.balance(a),
      state.nonce(a),
      state.code(a),
      state.storage(a, 1n),
      state.storage(a, 2n),
      state.isWarmAddress(b),
      state.isWarmSlot(a, 1n),
      state.refund,
      state.logs.length,
      state.transientStorage(a, 1n),
      state.hasSelfDestructed(a),
    ];
    const before = seen();
    const snapshot = state.snapshot();
    state.addBalance(b, 3n);
    state.subBalance(a, 3n);
    state.setNonce(a, 9n);
    state.setStorage(a, 1n, 8n);
    state.setStorage(a, 2n, 8n);
    state.setCode(a, Uint8Array.of(1, 2, 3));
    state.accessAddress(b);
    state.accessSlot(a, 1n);
    state.addRefund(10n);
    state.addLog({ address: a, topics: [], data: new Uint8Array(0) });
    state.setTransientStorage(a, 1n, 5n);
    state.selfDestruct(a);
    state.createAccount(a);
    expect(seen()).not.toEqual(before);
    state.revertTo(snapshot);
    expect(seen()).toEqual(before);
  });

  it('knows the value of a slot at the start of the transaction', () => {
    const state = createTestState([{ address: a, nonce: 1n, storage: { 1: 7n } }]);
    state.setStorage(a, 1n, 8n);
    state.setStorage(a, 1n, 9n);
    expect(state.originalStorage(a, 1n)).toBe(7n);
    state.finalise(true);
    expect(state.originalStorage(a, 1n)).toBe(9n);
  });

  it('deletes touched empty accounts under EIP-158 only, and never untouched ones', () => {
    for (const deleteEmpty of [true, false]) {
      const state = createTestState([{ address: b }]);
      state.addBalance(a, 0n);
      state.finalise(deleteEmpty);
      expect([state.exists(a), state.exists(b)]).toEqual([!deleteEmpty, true]);
    }
  });

  it('keeps an empty account that is made again after it was deleted in the same block, as geth does', () => {
    const state = createTestState();
    state.createAccount(a);
    state.finalise(true);
    expect(state.exists(a)).toBe(false);
    state.createAccount(a);
    state.finalise(true);
    expect(state.exists(a)).toBe(true);
  });

  it('forgets balance, code and storage of an account that destroyed itself, and starts anew when it comes back', () => {
    const database = createTestDatabase();
    const root = commit(database, emptyTrieRoot, (state) => {
      state.setBalance(a, 5n);
      state.setCode(a, Uint8Array.of(1));
      state.setStorage(a, 1n, 7n);
    });
    const state = new State(createTrieReader(database, root));
    expect(state.selfDestruct(a)).toBe(true);
    expect(state.selfDestruct(a)).toBe(false);
    expect([state.balance(a), state.storage(a, 1n)]).toEqual([0n, 7n]);
    state.finalise(true);
    expect([state.exists(a), state.storage(a, 1n)]).toEqual([false, 0n]);
    state.setBalance(a, 2n);
    state.setStorage(a, 2n, 3n);
    state.finalise(true);
    const after = new TrieUpdater(database, root).commit(state).root;
    const expected = commit(createTestDatabase(), emptyTrieRoot, (fresh) => {
      fresh.setBalance(a, 2n);
      fresh.setStorage(a, 2n, 3n);
    });
    expect(after).toEqual(expected);
  });

  it('keeps accessed slots accessed when their account is created', () => {
    const state = createTestState();
    state.accessSlot(a, 4n);
    state.createAccount(a);
    expect(state.isWarmSlot(a, 4n)).toBe(true);
    state.finalise(true);
    expect(state.isWarmSlot(a, 4n)).toBe(false);
  });

  it('comes to the same root whether tries are updated after each transaction or once', () => {
    const changes = [
      (state: State): void => state.setStorage(a, 1n, 5n),
      (state: State): void => {
        state.setStorage(a, 1n, 0n);
        state.setStorage(a, 2n, 6n);
        state.setBalance(b, 1n);
      },
      (state: State): void => {
        state.selfDestruct(a);
      },
      (state: State): void => state.setStorage(a, 3n, 9n),
    ];
    const roots = [true, false].map((isEach) => {
      const database = createTestDatabase();
      const parent = commit(database, emptyTrieRoot, (state) => {
        state.setNonce(a, 1n);
        state.setStorage(a, 9n, 9n);
      });
      const state = new State(createTrieReader(database, parent));
      const updater = new TrieUpdater(database, parent);
      for (const change of changes) {
        change(state);
        state.setNonce(a, state.nonce(a) + 1n);
        state.finalise(true);
        if (isEach) updater.update(state);
      }
      return updater.commit(state).root;
    });
    expect(roots[0]).toEqual(roots[1]);
  });

  it('shows the state before each transaction by views', () => {
    const database = createTestDatabase();
    const parent = commit(database, emptyTrieRoot, (state) => {
      state.setBalance(a, 1n);
      state.setStorage(a, 1n, 10n);
      state.setStorage(a, 2n, 20n);
    });
    const base = createTrieReader(database, parent);
    const log = new ChangeLog(base);
    const state = new State(base, log);
    const at = (position: number): unknown => {
      const view = log.viewAt(position);
      const account = view.account(a);
      return account === undefined
        ? undefined
        : [account.balance, view.storage(a, account, 1n), view.storage(a, account, 2n)];
    };
    state.setStorage(a, 1n, 11n);
    state.finalise(true);
    state.setBalance(a, 2n);
    state.finalise(true);
    state.selfDestruct(a);
    state.finalise(true);
    state.setBalance(a, 3n);
    state.setStorage(a, 2n, 22n);
    state.finalise(true);
    expect([0, 1, 2, 3, 4].map(at)).toEqual([[1n, 10n, 20n], [1n, 11n, 20n], [2n, 11n, 20n], undefined, [3n, 0n, 22n]]);
  });

  it('dumps what was committed', () => {
    const database = createTestDatabase();
    const root = commit(database, emptyTrieRoot, (state) => {
      state.setBalance(a, 1n);
      state.setCode(b, Uint8Array.of(9));
      state.setStorage(b, 3n, 4n);
    });
    // One pause, for the slot.
    const dumped = [...dumpState(database, root)];
    expect(dumped).toHaveLength(3);
    expect(dumped.map((one) => one?.address)).toEqual(expect.arrayContaining([a, b, undefined]));
    const walk = dumpAccount(database, root, b);
    expect(walk.next()).toEqual({ done: false, value: undefined });
    expect(walk.next()).toMatchObject({
      done: true,
      value: { code: Uint8Array.of(9), storage: [{ value: 4n, slot: expect.objectContaining({ 31: 3 }) }] },
    });
    expect(dumpAccount(database, root, addressOf(3)).next()).toEqual({ done: true, value: undefined });
  });

  it('says which state and account are not at hand', () => {
    const reader = createTrieReader(createTestDatabase(), new Uint8Array(32).fill(7));
    expect(() => reader.account(a)).toThrow(
      expect.objectContaining({ code: 'STATE_MISSING', root: new Uint8Array(32).fill(7), address: a }),
    );
  });
});
