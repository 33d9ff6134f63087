import type { Address } from '@isoquorum/primitives/bytes';
import { transactionSender } from '@isoquorum/primitives/transaction/transaction';
import { createWasmEvm } from '../evm/wasm/engine.ts';
import { createHybridEvm } from '../evm/hybrid/engine.ts';
import type { Evm } from '../evm/port.ts';
import { bytesToMapKey } from '../state/node-source.ts';
import { State } from '../state/state.ts';
import { createTrieReader } from '../state/trie-reader.ts';
import type { Account, StateReader } from '../state/types.ts';
import { authorOf, readRecordedChain } from '../testing/recorded-chain.ts';
import { createReplay } from '../testing/replay.ts';
import { createEvmBlock, feeAccount, signerChainId } from './block-environment.ts';
import { applyPublicMessage } from './message.ts';
import { runAsync, runSync } from './steps.ts';

/** The first full block of the recorded chain: 503 transfers. */
const FULL_BLOCK = 12;

/** A reader that remembers, so that what is measured is execution and not the trie. */
function remember(reader: StateReader): StateReader {
  const accounts = new Map<string, Account | undefined>();
  const storages = new WeakMap<Account, Map<bigint, bigint>>();
  return {
    account(address: Address) {
      const key = bytesToMapKey(address);
      if (!accounts.has(key)) accounts.set(key, reader.account(address));
      return accounts.get(key);
    },
    storage(address, account, slot) {
      const slots = storages.get(account) ?? new Map<bigint, bigint>();
      storages.set(account, slots);
      let value = slots.get(slot);
      if (value === undefined) {
        value = reader.storage(address, account, slot);
        slots.set(slot, value);
      }
      return value;
    },
    code: (address, codeHash) => reader.code(address, codeHash),
  };
}

/** Makes a round of a full block of ERC-20 transfers, which answers how long it took: microseconds per transfer. */
export async function prepareTransfers(): Promise<(evm: Evm, nowMs: () => number) => Promise<number>> {
  const chain = readRecordedChain('vectors/bench/erc20-import');
  const replay = createReplay(chain, createWasmEvm(createHybridEvm()));
  let parentRoot = new Uint8Array(0);
  await replay.run((_, applied) => {
    parentRoot = new Uint8Array(applied.stateRoot);
  }, FULL_BLOCK - 1);
  const { config } = chain.genesis;
  const full = chain.blocks[FULL_BLOCK];
  if (full === undefined) throw new Error('the recorded chain is too short');
  const { header, transactions } = full;
  const author = authorOf(chain, header);
  const block = createEvmBlock(config, header, author, (at) => chain.hashes[at]);
  const fees = feeAccount(config, header, author);
  const chainId = signerChainId(config, header);
  const messages = transactions.map((transaction) => ({
    transaction,
    sender: transactionSender(transaction, chainId),
  }));
  const reader = remember(createTrieReader(replay.database, parentRoot));
  return async (evm, nowMs) => {
    const state = new State(reader);
    const pool = { left: header.gasLimit };
    let gasUsed = 0n;
    const start = nowMs();
    for (const message of messages) {
      const steps = applyPublicMessage(evm, state, block, pool, message, fees);
      const result = evm.name === 'reference' ? await runAsync(steps) : runSync(steps);
      gasUsed += result.gasUsed;
      state.finalise(true);
    }
    const milliseconds = nowMs() - start;
    if (gasUsed !== header.gasUsed) throw new Error(`used ${gasUsed} gas, not ${header.gasUsed}`);
    return (milliseconds * 1000) / messages.length;
  };
}
