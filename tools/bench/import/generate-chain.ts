import { once } from 'node:events';
import { createWriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRecoverCache } from '@isoquorum/consensus/recover-cache';
import { prepareQbftHeader } from '@isoquorum/consensus/bft/prepare-header';
import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { readRecordedChain } from '@isoquorum/execution/testing/recorded-chain';
import { openChain } from '@isoquorum/node/chain/open-chain';
import { createEngineRules } from '@isoquorum/node/engine/create-engine-rules';
import { createExecutor } from '@isoquorum/node/import/executor';
import { testGenesisJson, testKey } from '@isoquorum/node/testing/genesis';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { createContractAddress } from '@isoquorum/primitives/address';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { type Block, blockHash, encodeBlock } from '@isoquorum/primitives/block';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { bytesToHex, concatBytes } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { qbftCommitDigest, withQbftSeals } from '@isoquorum/primitives/istanbul-seal';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { nodeKeyToAddress } from '@isoquorum/primitives/node-key';
import { signDigestBytes } from '@isoquorum/primitives/secp256k1';
import { signTransaction, type Transaction } from '@isoquorum/primitives/transaction/transaction';

export interface GenerateOptions {
  readonly directory: string;
  /** Token transfers, beside the few that prepare them. */
  readonly transfers: number;
  readonly perBlock: number;
  /** `same`: a thousand receivers in turn; `new`: another one each time, which makes a slot each. */
  readonly receivers: 'same' | 'new';
  /** Every transaction is private, of one party. */
  readonly isPrivate?: boolean;
}

export interface GeneratedChain {
  readonly file: string;
  readonly genesisFile: string;
  /** Payloads of private transactions by digest. */
  readonly payloadsFile: string;
  readonly transactions: number;
}

const senders = Array.from({ length: 10 }, (_, index) => testKey(`bench sender ${index}`));
const validator = testKey('bench validator');
const sameReceivers = 1_000;
const gasLimit = 60_000n;

/** `transfer(address,uint256)` of one unit, or of many to the senders. */
function transferCall(receiver: Uint8Array, amount: bigint): Uint8Array {
  const selector = Uint8Array.of(0xa9, 0x05, 0x9c, 0xbb);
  return concatBytes(selector, new Uint8Array(12), receiver, bigintToFixedBytes(amount, 32));
}

function receiverOf(index: number, receivers: GenerateOptions['receivers']): Uint8Array {
  return keccak256(bigintToFixedBytes(BigInt(receivers === 'same' ? index % sameReceivers : index), 32)).slice(12);
}

/** Makes a QBFT chain of token transfers with one validator, as `geth export` would write it: by the node's own builder. */
export async function generateChain(options: GenerateOptions): Promise<GeneratedChain> {
  const creation = readRecordedChain('vectors/bench/erc20-import')
    .blocks.flatMap(({ transactions }) => transactions)
    .find(({ to }) => to === undefined);
  if (creation === undefined) throw new Error('the recorded chain creates no token');
  const genesisJson = testGenesisJson({
    nodeKeys: [validator],
    accountKeys: senders,
    timestamp: 1_700_000_000,
    gasLimit: 1_000_000_000n,
  });
  const genesis = parseGenesis(genesisJson);
  const { chain, database } = await openChain({
    genesis,
    store: createMemoryStore(),
    logger: silentLogger,
    onWriteFailure(error) {
      throw error;
    },
    recentTransactions: 1,
  });
  const rules = createEngineRules({ chain, database, profile: 'strict', recover: createRecoverCache() });
  const author = nodeKeyToAddress(validator);
  const executor = createExecutor({
    chain,
    database,
    evm: createFastEvm(),
    config: genesis.config,
    author: () => author,
  });
  const payloads: Record<string, { readonly payload: string }> = {};
  const nonces = senders.map(() => 0n);
  const file = join(options.directory, 'chain.rlp');
  const output = createWriteStream(file);
  let transactions = 0;

  function sign(sender: number, to: Uint8Array | undefined, data: Uint8Array, gas = gasLimit): Transaction {
    const nonce = nonces[sender] ?? 0n;
    nonces[sender] = nonce + 1n;
    const key = senders[sender] as Uint8Array;
    const fields = { type: 0 as const, nonce, gasPrice: 0n, gasLimit: gas, to, value: 0n };
    if (options.isPrivate !== true) return signTransaction({ ...fields, data }, key, { chainId: 1337n });
    // Any 64 bytes that name the payload will do.
    const digest = concatBytes(keccak256(concatBytes(data, bigintToFixedBytes(nonce, 8))), keccak256(data));
    payloads[bytesToHex(digest)] = { payload: bytesToBase64(data) };
    return signTransaction({ ...fields, data: digest }, key, { isPrivate: true });
  }

  async function write(content: readonly Transaction[]): Promise<void> {
    const parent = chain.tip();
    const header = prepareQbftHeader({
      parent: parent.block.header,
      validators: rules.validatorsAfter({ hash: parent.hash, header: parent.block.header }),
      config: genesis.config,
      author,
      nowSeconds: parent.block.header.timestamp + 1n,
    });
    const built = await executor.build({ parent, header, author, candidates: content });
    if (built.transactions.length !== content.length) throw new Error('a transaction does not fit');
    const seal = signDigestBytes(qbftCommitDigest(built.header, 0), validator);
    const block: Block = { header: withQbftSeals(built.header, 0, [seal]), transactions: content, uncles: [] };
    const { receipts, operations } = built.applied;
    await chain.commit({ hash: blockHash(block), block, receipts, operations });
    transactions += content.length;
    if (!output.write(encodeBlock(block))) await once(output, 'drain');
  }

  const token = createContractAddress(senderAddress(0), 0n);
  await write([sign(0, undefined, creation.data, 3_000_000n)]);
  await write(
    senders.slice(1).map((_, index) => sign(0, token, transferCall(senderAddress(index + 1), 1_000_000_000n))),
  );
  for (let done = 0; done < options.transfers; done += options.perBlock) {
    const count = Math.min(options.perBlock, options.transfers - done);
    const content = Array.from({ length: count }, (_, index) =>
      sign((done + index) % senders.length, token, transferCall(receiverOf(done + index, options.receivers), 1n)),
    );
    await write(content);
  }
  output.end();
  await once(output, 'finish');
  const genesisFile = join(options.directory, 'genesis.json');
  writeFileSync(genesisFile, JSON.stringify(genesisJson));
  const payloadsFile = join(options.directory, 'payloads.json');
  writeFileSync(payloadsFile, JSON.stringify(payloads));
  return { file, genesisFile, payloadsFile, transactions };
}

function senderAddress(index: number): Uint8Array {
  return nodeKeyToAddress(senders[index] as Uint8Array);
}
