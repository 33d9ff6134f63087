import { bftAlgorithmAt } from '@isoquorum/primitives/genesis/bft-config';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual, bytesToHex, compareBytes } from '@isoquorum/primitives/hex';
import { snapshotToJson } from '@isoquorum/consensus/snapshot-json';
import type { Snapshot } from '@isoquorum/consensus/snapshot';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { HandlersOf } from '@isoquorum/rpc/jsonrpc/method';
import type { IstanbulMethods } from '@isoquorum/rpc/jsonrpc/methods/istanbul';
import type { BlockNumber } from '@isoquorum/rpc/jsonrpc/parameters/block-selector';
import type { BlockSignersJson, IstanbulStatusJson } from '@isoquorum/rpc/jsonrpc/shapes/istanbul';
import { headerAt, numberOf, type LocatedHeader } from './blocks.ts';
import type { HandlerContext } from './context.ts';

/** Blocks that `istanbul_status` looks at unless told. */
const STATUS_BLOCKS = 64;
/** Blocks that it looks at in one request; the original has no limit. */
const STATUS_BLOCKS_MAX = 100_000;

const UNKNOWN_BLOCK = new RpcError(SERVER_ERROR, 'unknown block');

export function createIstanbulHandlers(context: HandlerContext): HandlersOf<IstanbulMethods> {
  const { chain, validators } = context;

  function byNumber(number: BlockNumber | undefined): LocatedHeader {
    const located = headerAt(context, number ?? 'latest');
    if (located === undefined) throw UNKNOWN_BLOCK;
    return located;
  }

  function byHash(hash: Hash32): LocatedHeader {
    const header = chain.headerByHash(hash);
    if (header === undefined) throw UNKNOWN_BLOCK;
    return { header, hash };
  }

  function snapshotOf({ header, hash }: LocatedHeader): Snapshot {
    return validators.snapshotAfter(header, hash);
  }

  function validatorsOf({ header, hash }: LocatedHeader): readonly Address[] {
    return validators.validatorsAfter(header, hash).toSorted(compareBytes);
  }

  function signersOf({ header, hash }: LocatedHeader): BlockSignersJson {
    if (header.number === 0) {
      // The genesis has no seal. The original sees that with IBFT only.
      if (bftAlgorithmAt(chain.config, 0) === 'ibft') throw new RpcError(SERVER_ERROR, 'recovery failed');
      return { Number: 0, Hash: bytesToHex(hash), Author: bytesToHex(new Uint8Array(20)), Committers: null };
    }
    const { author, committers } = validators.signers(header);
    return {
      Number: header.number,
      Hash: bytesToHex(hash),
      Author: bytesToHex(author),
      Committers: committers.map((address) => bytesToHex(address)),
    };
  }

  /** Range of blocks, the last one not included. @throws RpcError with GoQuorum's texts */
  function statusRange(
    start: BlockNumber | undefined,
    end: BlockNumber | undefined,
  ): { start: number; end: number; blocks: number } {
    const head = chain.headNumber();
    if (start !== undefined && end === undefined) throw new RpcError(SERVER_ERROR, 'pass the end block number');
    if (start === undefined && end !== undefined) throw new RpcError(SERVER_ERROR, 'pass the start block number');
    const last = end === undefined ? head : numberOf(context, end);
    const first = start === undefined ? last - STATUS_BLOCKS : numberOf(context, start);
    if (first > last) throw new RpcError(SERVER_ERROR, 'start block number should be less than end block number');
    if (last > head)
      throw new RpcError(SERVER_ERROR, 'end block number should be less than or equal to current block height');
    const blocks = last - first;
    if (blocks > STATUS_BLOCKS_MAX)
      throw new RpcError(SERVER_ERROR, `more than ${STATUS_BLOCKS_MAX} blocks`, { code: 'TOO_MANY_BLOCKS' });
    return blocks >= last ? { start: 1, end: last, blocks: last - 1 } : { start: first, end: last, blocks };
  }

  function status(from: BlockNumber | undefined, to: BlockNumber | undefined): IstanbulStatusJson {
    const { start, end, blocks } = statusRange(from, to);
    const sealerActivity: Record<string, number> = {};
    for (const address of validatorsOf(byNumber('latest'))) sealerActivity[bytesToHex(address)] = 0;
    for (let number = start; number < end; number += 1) {
      const header = chain.headerByNumber(number);
      if (header === undefined) continue;
      const author = bytesToHex(validators.signers(header).author);
      sealerActivity[author] = (sealerActivity[author] ?? 0) + 1;
    }
    const sorted = Object.entries(sealerActivity).toSorted(([left], [right]) => (left < right ? -1 : 1));
    return { sealerActivity: Object.fromEntries(sorted), numBlocks: blocks };
  }

  return {
    istanbul_nodeAddress: () => validators.nodeAddress,
    istanbul_getValidators: (_request, number) => validatorsOf(byNumber(number)),
    istanbul_getValidatorsAtHash: (_request, hash) => validatorsOf(byHash(hash)),
    istanbul_getSignersFromBlock: (_request, number) => signersOf(byNumber(number)),
    istanbul_getSignersFromBlockByHash: (_request, hash) => signersOf(byHash(hash)),
    istanbul_getSnapshot: (_request, number) => snapshotToJson(snapshotOf(byNumber(number)), chain.config),
    istanbul_getSnapshotAtHash: (_request, hash) => snapshotToJson(snapshotOf(byHash(hash)), chain.config),
    istanbul_isValidator: (_request, number) => {
      const located = headerAt(context, number ?? 'latest');
      return (
        located !== undefined && validatorsOf(located).some((address) => bytesEqual(address, validators.nodeAddress))
      );
    },
    istanbul_status: (_request, start, end) => status(start, end),
    istanbul_candidates: () => Object.fromEntries(validators.candidates()),
    istanbul_propose: (_request, candidate, authorize) => {
      validators.propose(candidate, authorize);
      return undefined;
    },
    istanbul_discard: (_request, candidate) => {
      validators.discard(candidate);
      return undefined;
    },
  };
}
