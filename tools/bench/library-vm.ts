import { createBlock } from '@ethereumjs/block';
import { createCustomCommon, Hardfork, Mainnet } from '@ethereumjs/common';
import { Caches, MerkleStateManager } from '@ethereumjs/statemanager';
import { createTxFromRLP } from '@ethereumjs/tx';
import { Account, Address } from '@ethereumjs/util';
import { createVM, runBlock, type VM } from '@ethereumjs/vm';
import { readRecordedChain, type RecordedChain } from '@isoquorum/execution/testing/recorded-chain';
import { hasSharedData } from '@isoquorum/execution/testing/shared-data';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { recoverPublicKey } from '@isoquorum/primitives/secp256k1';
import { encodeTransaction } from '@isoquorum/primitives/transaction/transaction';
import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
import type { Bench } from './measurement.ts';

/** Blocks before the first full one, and the full ones that are measured. */
const FIRST_FULL = 12;
const FULL_BLOCKS = 2;
const CACHE_ENTRIES = 100_000;

/** The library's machine with what makes it fastest: our hashing and recovery, caches for all that it reads. */
async function createLibraryVm(chain: RecordedChain): Promise<VM> {
  const { config, alloc } = chain.genesis;
  const common = createCustomCommon(
    // Of its engines the one that looks for no seals and gives no reward.
    { chainId: Number(config.chainId), consensus: { type: 'pos', algorithm: 'casper' } },
    Mainnet,
    {
      hardfork: Hardfork.Berlin,
      customCrypto: {
        keccak256: (bytes: Uint8Array) => keccak256(bytes),
        ecrecover: (digest, v, r, s, chainId) => {
          const recovery = v < 29n ? v - 27n : v - 35n - 2n * (chainId ?? 0n);
          const [left, right] = [BigInt(bytesToHex(r)), BigInt(bytesToHex(s))];
          return recoverPublicKey(digest, left, right, Number(recovery)).subarray(1);
        },
      },
    },
  );
  const size = { size: CACHE_ENTRIES };
  const caches = new Caches({ account: size, storage: size, code: size });
  const stateManager = new MerkleStateManager({ common, caches });
  for (const { address, balance, nonce } of alloc)
    await stateManager.putAccount(new Address(address), new Account(nonce, balance));
  // Else its first checkpoint loses what is only in the caches.
  await stateManager.flush();
  return await createVM({ common, stateManager });
}

/** Runs a recorded block. @throws Error when its root or its gas differ from the recording */
async function run(vm: VM, chain: RecordedChain, number: number): Promise<void> {
  const block = chain.blocks[number];
  if (block === undefined) throw new Error(`the recorded chain has no block ${number}`);
  const { coinbase, gasLimit, timestamp, gasUsed, stateRoot } = block.header;
  const { common } = vm;
  const transactions = block.transactions.map((transaction) =>
    createTxFromRLP(encodeTransaction(transaction), { common, freeze: false }),
  );
  const header = { number: BigInt(number), coinbase: new Address(coinbase), gasLimit, timestamp, difficulty: 0n };
  const result = await runBlock(vm, {
    block: createBlock({ header, transactions }, { common, skipConsensusFormatValidation: true, freeze: false }),
    generate: true,
    clearCache: false,
    skipBlockValidation: true,
    skipHeaderValidation: true,
    skipHardForkValidation: true,
  });
  if (result.gasUsed !== gasUsed) throw new Error(`block ${number} used ${result.gasUsed} gas, not ${gasUsed}`);
  if (bytesToHex(result.stateRoot) !== bytesToHex(stateRoot))
    throw new Error(`block ${number} has the root ${bytesToHex(result.stateRoot)}, not ${bytesToHex(stateRoot)}`);
}

/** `runBlock` of the library with its best options, over the blocks that `import.erc20` imports: for comparison. */
export const benchLibraryVm: Bench = async function* () {
  if (!hasSharedData) throw new Error('needs the recorded chain: set ISOQUORUM_SHARED');
  await installFastestCrypto();
  const chain = readRecordedChain('vectors/bench/erc20-import');
  const vm = await createLibraryVm(chain);
  for (let number = 1; number < FIRST_FULL; number++) await run(vm, chain, number);
  let best = 0;
  for (let number = FIRST_FULL; number < FIRST_FULL + FULL_BLOCKS; number++) {
    const start = performance.now();
    await run(vm, chain, number);
    const seconds = (performance.now() - start) / 1_000;
    best = Math.max(best, (chain.blocks[number]?.transactions.length ?? 0) / seconds);
  }
  yield { name: 'library.erc20', value: best, unit: 'tx/s', engine: '@ethereumjs/vm runBlock' };
};
