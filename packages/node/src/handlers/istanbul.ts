import { bftAlgorithmAt } from '@isoquorum/primitives/genesis/bft-config';
import type { Address } from '@isoquorum/primitives/bytes';
import { bytesEqual, bytesToHex, compareBytes } from '@isoquorum/primitives/hex';
import { snapshotToJson } from '@isoquorum/consensus/snapshot-json';
import type { Snapshot } from '@isoquorum/consensus/snapshot';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { HandlersOf } from '@isoquorum/rpc/jsonrpc/method';
import type { IstanbulMethods } from '@isoquorum/rpc/jsonrpc/methods/istanbul';
import type { BlockNumber } from '@isoquorum/rpc/jsonrpc/parameters/block-selector';
import type { BlockSignersJson, IstanbulStatusJson } from '@isoquorum/rpc/jsonrpc/shapes/istanbul';
import { headerAt, type LocatedHeader } from './blocks.ts';
import type { HandlerContext } from './context.ts';
import { createHeaderLookup } from './header-lookup.ts';
import { statusRange } from './status-range.ts';

export function createIstanbulHandlers(context: HandlerContext): HandlersOf<IstanbulMethods> {
  const { chain, validators } = context;
  const { byNumber, byHash } = createHeaderLookup(context);

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

  function status(from: BlockNumber | undefined, to: BlockNumber | undefined): IstanbulStatusJson {
    const { start, end, blocks } = statusRange(context, from, to, true);
    const sealerActivity: Record<string, number> = {};
    for (const address of validatorsOf(byNumber(end))) sealerActivity[bytesToHex(address)] = 0;
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
