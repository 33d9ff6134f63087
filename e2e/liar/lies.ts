import { prepareQbftHeader } from '@isoquorum/consensus/bft/prepare-header';
import { listRoot } from '@isoquorum/execution/trie/list-root';
import type { Block } from '@isoquorum/primitives/block';
import type { Address } from '@isoquorum/primitives/bytes';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { type Header, headerHash, zeroHash } from '@isoquorum/primitives/header';
import { decodeQbftExtra } from '@isoquorum/primitives/istanbul-extra';
import { qbftCommitDigest, withQbftSeals } from '@isoquorum/primitives/istanbul-seal';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { nodeKeyToAddress } from '@isoquorum/primitives/node-key';
import { signDigestBytes } from '@isoquorum/primitives/secp256k1';
import { encodeTransaction, signTransaction, type Transaction } from '@isoquorum/primitives/transaction/transaction';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';

/** Keys of nobody: what a liar can make as many of as it likes. */
const strangers = [1, 2, 3].map((index) => keccak256(utf8ToBytes(`stranger ${index}`)));

/** A seal of `key` on the header in `round`, as an honest validator would make it. */
function sealBy(key: Uint8Array, header: Header, round: number): Uint8Array {
  return signDigestBytes(qbftCommitDigest(header, round), key);
}

/** A transaction that nobody asked for. */
function unwanted(chainId: bigint): Transaction {
  const [key] = strangers as [Uint8Array];
  return signTransaction(
    {
      type: 0,
      nonce: 0n,
      gasPrice: 0n,
      gasLimit: 21_000n,
      to: new Uint8Array(20).fill(0x11),
      value: 0n,
      data: new Uint8Array(0),
    },
    key,
    { chainId },
  );
}

/** What a forger builds on: the newest real block, and its own key, which is that of a validator. */
export interface Ground {
  readonly parent: Header;
  readonly config: ChainConfig;
  readonly nodeKey: Uint8Array;
  readonly chainId: bigint;
}

function candidate(ground: Ground, author: Address): Header {
  const { parent, config } = ground;
  const { validators } = decodeQbftExtra(parent.extraData);
  const header = prepareQbftHeader({ parent, validators, config, author, nowSeconds: 0n });
  return { ...header, stateRoot: parent.stateRoot };
}

/**
 * Blocks that follow the real head and never were decided: each is a good candidate but for what its name says. The author is the liar
 * itself, a validator, unless told.
 */
export const forgeries = {
  sealedByLiarAlone: (ground) => sealed(ground, (header) => [sealBy(ground.nodeKey, header, 0)]),
  sealedByLiarThrice: (ground) => sealed(ground, (header) => [0, 1, 2].map(() => sealBy(ground.nodeKey, header, 0))),
  sealedByStrangers: (ground) =>
    sealed(ground, (header) => [ground.nodeKey, ...strangers.slice(0, 2)].map((key) => sealBy(key, header, 0))),
  sealedByNobody: (ground) => empty(candidate(ground, nodeKeyToAddress(ground.nodeKey))),
  madeByStranger: (ground) => {
    const [key] = strangers as [Uint8Array];
    const header = candidate(ground, nodeKeyToAddress(key));
    return empty(
      withQbftSeals(
        header,
        0,
        strangers.map((stranger) => sealBy(stranger, header, 0)),
      ),
    );
  },
  ofAnotherParent: (ground) => {
    const header = { ...candidate(ground, nodeKeyToAddress(ground.nodeKey)), parentHash: zeroHash };
    return empty(withQbftSeals(header, 0, [sealBy(ground.nodeKey, header, 0)]));
  },
  withAnotherBody: (ground) => {
    const named = unwanted(ground.chainId);
    const header = {
      ...candidate(ground, nodeKeyToAddress(ground.nodeKey)),
      transactionsRoot: listRoot([encodeTransaction(named)]),
    };
    return empty(withQbftSeals(header, 0, [sealBy(ground.nodeKey, header, 0)]));
  },
} satisfies Record<string, (ground: Ground) => Block>;

export type Forgery = keyof typeof forgeries;

function empty(header: Header): Block {
  return { header, transactions: [], uncles: [] };
}

function sealed(ground: Ground, seals: (header: Header) => readonly Uint8Array[]): Block {
  const header = candidate(ground, nodeKeyToAddress(ground.nodeKey));
  return empty(withQbftSeals(header, 0, seals(header)));
}

function withSeals(
  block: Block,
  change: (seals: readonly Uint8Array[], round: number) => readonly Uint8Array[],
): Block {
  const { round, committedSeals } = decodeQbftExtra(block.header.extraData);
  return { ...block, header: withQbftSeals(block.header, round, change(committedSeals, round)) };
}

/** Real, decided blocks with one thing changed. But for `rootChanged` and `otherBody` the hash stays: it does not cover seals and body. */
export const distortions = {
  sealsCut: (block) => withSeals(block, (seals) => seals.slice(0, 2)),
  sealTwice: (block) => withSeals(block, ([first, second]) => [first, second, second] as Uint8Array[]),
  sealOfStranger: (block) =>
    withSeals(block, ([, ...rest], round) => [sealBy(strangers[0] as Uint8Array, block.header, round), ...rest]),
  rootChanged: (block) => ({ ...block, header: { ...block.header, stateRoot: keccak256(block.header.stateRoot) } }),
  bodyChanged: (block, chainId) => ({ ...block, transactions: [...block.transactions, unwanted(chainId)] }),
} satisfies Record<string, (block: Block, chainId: bigint) => Block>;

export type Distortion = keyof typeof distortions;

/** Every lie that the liar can be told to tell; `gap` leaves out the block that was asked for. */
export type Lie = Forgery | Distortion | 'gap';

export function isForgery(lie: string): lie is Forgery {
  return Object.hasOwn(forgeries, lie);
}

export function isDistortion(lie: string): lie is Distortion {
  return Object.hasOwn(distortions, lie);
}

/** The hash by which a page would know the block. */
export function hashOf(block: Block): Uint8Array {
  return headerHash(block.header);
}
