import { difficultyInTurn } from '@isoquorum/consensus/clique/header';
import { cliqueSnapshotToJson } from '@isoquorum/consensus/clique/snapshot-json';
import type { CliqueSnapshot } from '@isoquorum/consensus/clique/snapshot';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { HandlersOf } from '@isoquorum/rpc/jsonrpc/method';
import type { CliqueMethods } from '@isoquorum/rpc/jsonrpc/methods/clique';
import type { BlockNumber } from '@isoquorum/rpc/jsonrpc/parameters/block-selector';
import type { CliqueStatusJson } from '@isoquorum/rpc/jsonrpc/shapes/clique';
import type { LocatedHeader } from './blocks.ts';
import type { HandlerContext } from './context.ts';
import { createHeaderLookup } from './header-lookup.ts';
import { statusRange } from './status-range.ts';

export function createCliqueHandlers(context: HandlerContext): HandlersOf<CliqueMethods> {
  const { chain, validators } = context;
  const { byNumber, byHash } = createHeaderLookup(context);

  const snapshotOf = ({ header, hash }: LocatedHeader): CliqueSnapshot => validators.cliqueSnapshotAfter(header, hash);

  function status(from: BlockNumber | undefined, to: BlockNumber | undefined): CliqueStatusJson {
    const { start, end, blocks } = statusRange(context, from, to, false);
    const activity = new Map(snapshotOf(byNumber(end)).signers.map((signer) => [bytesToHex(signer), 0]));
    let inTurn = 0;
    for (let number = start; number < end; number++) {
      const header = chain.headerByNumber(number);
      if (header === undefined) throw new RpcError(SERVER_ERROR, `missing block ${number}`);
      // The genesis block has no signature.
      if (number === 0) throw new RpcError(SERVER_ERROR, 'recovery failed');
      if (header.difficulty === difficultyInTurn) inTurn++;
      const signer = bytesToHex(validators.signers(header).author);
      activity.set(signer, (activity.get(signer) ?? 0) + 1);
    }
    const sorted = [...activity].toSorted(([left], [right]) => (left < right ? -1 : 1));
    return { inturnPercent: (100 * inTurn) / blocks, sealerActivity: Object.fromEntries(sorted), numBlocks: blocks };
  }

  return {
    clique_getSigners: (_request, number) => snapshotOf(byNumber(number)).signers,
    clique_getSignersAtHash: (_request, hash) => snapshotOf(byHash(hash)).signers,
    clique_getSnapshot: (_request, number) => cliqueSnapshotToJson(snapshotOf(byNumber(number)), chain.config),
    clique_getSnapshotAtHash: (_request, hash) => cliqueSnapshotToJson(snapshotOf(byHash(hash)), chain.config),
    clique_status: (_request, start, end) => status(start, end),
    clique_proposals: () => Object.fromEntries(validators.candidates()),
    clique_propose: (_request, candidate, authorize) => {
      validators.propose(candidate, authorize);
      return undefined;
    },
    clique_discard: (_request, candidate) => {
      validators.discard(candidate);
      return undefined;
    },
  };
}
