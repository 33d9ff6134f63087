import { decodeBlock, encodeBlock, readBlock } from '@isoquorum/primitives/block';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { hasSharedData, readShared } from '@isoquorum/primitives/testing/shared-data';
import {
  type RecoveryInput,
  transactionHash,
  transactionRecoveryInput,
} from '@isoquorum/primitives/transaction/transaction';
import { installFastestCrypto } from './node/crypto.ts';
import { createRecoveryPool } from './node/recovery-pool.ts';
import { recoverOne } from './recovery-job.ts';

/** Microseconds per item. */
export type CryptoFigures = Readonly<Record<string, number>>;

function measure(count: number, run: () => void): number {
  const start = performance.now();
  run();
  return ((performance.now() - start) * 1000) / count;
}

/** Decoding, hashing and recovery over the recorded ERC-20 chain; `undefined` without recorded data. */
export async function benchCrypto(): Promise<CryptoFigures | undefined> {
  if (!hasSharedData) return undefined;
  const figures: Record<string, number> = {};
  const bytes = readShared('vectors', 'bench', 'erc20-import', 'chain.rlp.gz');
  const encodedBlocks: Uint8Array[] = [];
  for (const reader = new RlpReader(bytes); reader.hasMore; ) encodedBlocks.push(encodeBlock(readBlock(reader)));
  await installFastestCrypto();

  let inputs: RecoveryInput[] = [];
  for (const name of ['cold', 'warm', 'warmer']) {
    let blocks = encodedBlocks.map(decodeBlock);
    const count = blocks.reduce((sum, block) => sum + block.transactions.length, 0);
    figures[`decode ${name}`] = measure(count, () => {
      blocks = encodedBlocks.map(decodeBlock);
    });
    const transactions = blocks.flatMap((block) => block.transactions);
    figures[`hash ${name}`] = measure(count, () => transactions.forEach(transactionHash));
    figures[`signing hash and checks ${name}`] = measure(count, () => {
      inputs = transactions.map((transaction) => transactionRecoveryInput(transaction, 1337n));
    });
  }
  figures['keccak of 32 bytes'] = measure(50_000, () => {
    const word = new Uint8Array(32);
    for (let round = 0; round < 50_000; round++) keccak256(word);
  });
  figures['hex of 32 bytes'] = measure(50_000, () => {
    for (let round = 0; round < 50_000; round++) bytesToHex(inputs[0]?.digest ?? new Uint8Array(32));
  });

  const some = inputs.slice(0, 1_000);
  for (const choice of ['noble', 'libauth-wasm', 'native'] as const) {
    const { secp256k1 } = await installFastestCrypto(choice);
    const few = choice === 'noble' ? some.slice(0, 100) : some;
    figures[`recover ${secp256k1}`] = measure(few.length, () => few.forEach(recoverOne));
  }
  const pool = createRecoveryPool({ threads: 1 });
  await pool.recover(some);
  const timed = async (name: string, run: () => Promise<unknown>): Promise<void> => {
    const start = performance.now();
    await run();
    figures[name] = ((performance.now() - start) * 1000) / inputs.length;
  };
  await timed('recover by one thread', () => pool.recover(inputs));
  const fresh = encodedBlocks.flatMap((encoded) => decodeBlock(encoded).transactions);
  await timed('recover by one thread with help', () => pool.begin(fresh, 1337n).finish());
  await pool.close();
  return figures;
}
