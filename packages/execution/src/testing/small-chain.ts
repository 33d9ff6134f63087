import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { createGenesisHeader, type Genesis, parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import type { Header } from '@isoquorum/primitives/header';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { signTransaction, type Transaction } from '@isoquorum/primitives/transaction/transaction';
import type { Evm } from '../evm/port.ts';
import { createStateDatabase, type StateDatabase } from '../state/database.ts';
import { createGenesisState } from '../state/genesis-state.ts';
import { createMemoryNodeSource } from '../state/node-source.ts';
import { buildBlock } from '../transition/build-block.ts';
import { runAsync } from '../transition/steps.ts';
import type { BuildBlockInput, BuiltBlock, TransitionContext } from '../transition/types.ts';

export const testKey: Uint8Array = new Uint8Array(32).fill(7);
export const testSender: Address = privateKeyToAddress(testKey);
export const otherKey: Uint8Array = new Uint8Array(32).fill(8);
export const otherSender: Address = privateKeyToAddress(otherKey);

/** A chain of one block, to test the transition on. */
export interface SmallChain {
  readonly genesis: Genesis;
  readonly database: StateDatabase;
  readonly genesisHeader: Header;
  readonly context: TransitionContext;
  /** The header of block 1, roots left as in the genesis. */
  readonly header: Header;
  build(candidates: readonly Transaction[], runOptions?: BuildBlockInput['runOptions']): Promise<BuiltBlock>;
}

export interface SmallChainOptions {
  /** Added to the config, for instance `{ berlinBlock: 0 }`. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly alloc?: Readonly<Record<string, unknown>>;
  readonly gasLimit?: bigint;
}

export function createSmallChain(evm: Evm, options: SmallChainOptions = {}): SmallChain {
  const forks = ['homestead', 'eip150', 'eip155', 'eip158', 'byzantium', 'constantinople', 'petersburg', 'istanbul'];
  const genesis = parseGenesis(
    {
      config: {
        chainId: 1337,
        isQuorum: true,
        qbft: { epochlength: 30000 },
        ...Object.fromEntries(forks.map((fork) => [`${fork}Block`, 0])),
        ...options.config,
      },
      difficulty: '0x1',
      gasLimit: '0x2fefd800',
      alloc: options.alloc ?? {},
    },
    { validate: false },
  );
  const database = createStateDatabase(createMemoryNodeSource());
  const { root } = createGenesisState(genesis.alloc, database);
  const genesisHeader = createGenesisHeader(genesis, root);
  const header: Header = {
    ...genesisHeader,
    number: 1,
    timestamp: 1n,
    gasLimit: options.gasLimit ?? genesisHeader.gasLimit,
    coinbase: new Uint8Array(20).fill(0xc0),
  };
  const context: TransitionContext = {
    config: genesis.config,
    evm,
    database,
    blockHash: (): Hash32 | undefined => undefined,
  };
  return {
    genesis,
    database,
    genesisHeader,
    context,
    header,
    async build(candidates, runOptions = {}): Promise<BuiltBlock> {
      const outcome = await runAsync(
        buildBlock({ ...context, header, parentRoot: root, author: header.coinbase, candidates, runOptions }),
      );
      if (outcome.status === 'needs') throw new Error('nothing can be missing here');
      return outcome.result;
    },
  };
}

export interface TestTransaction {
  readonly nonce: bigint;
  readonly to?: Address | undefined;
  readonly data?: Uint8Array;
  readonly value?: bigint;
  readonly gasLimit?: bigint;
  readonly gasPrice?: bigint;
  readonly isPrivate?: boolean;
  readonly key?: Uint8Array;
}

/** A signed legacy transaction of the test account, unless told otherwise. */
export function testTransaction(fields: TestTransaction): Transaction {
  const { nonce, to, data, value, gasLimit, gasPrice, isPrivate, key } = fields;
  return signTransaction(
    {
      type: 0,
      nonce,
      gasPrice: gasPrice ?? 0n,
      gasLimit: gasLimit ?? 1_000_000n,
      to,
      value: value ?? 0n,
      data: data ?? new Uint8Array(0),
    },
    key ?? testKey,
    { chainId: 1337n, isPrivate: isPrivate ?? false },
  );
}
