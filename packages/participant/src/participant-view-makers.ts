import { bftConfigAt } from '@isoquorum/primitives/genesis/bft-config';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { signingKeyToPeerId } from '@isoquorum/privacy/statement/signer';
import type { Clock } from '@isoquorum/platform/clock';
import type { NetworkHost } from '@isoquorum/network/host';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import type { Accounts } from './account/accounts.ts';
import { quorumWarning } from './chain/create-verifier.ts';
import type { Follower } from './chain/follower.ts';
import { markHead } from './chain/head-mark.ts';
import type { HeaderVerifier } from './chain/header-verifier.ts';
import type { HomeLink } from './home/home-link.ts';
import type { Parties } from './home/parties.ts';
import type { OpenedGenesis } from './open-genesis.ts';
import type { ParticipantOptions } from './participant-options.ts';
import type {
  HeadView,
  NetworkView,
  PartyView,
  PeerView,
  PrivateHeadView,
  RefusalView,
  ValidatorView,
} from './participant-view.ts';
import type { PrivateHead } from './private/private-head.ts';
import type { RecentBlocks } from './recent-blocks.ts';
import type { ContractBook } from './records/contract-book.ts';
import type { TransactionBook } from './records/transaction-book.ts';
import type { Operations } from './submit/operations.ts';
import type { ViewMakers } from './view-publisher.ts';

export interface ViewSources {
  readonly options: ParticipantOptions;
  readonly genesis: OpenedGenesis;
  readonly host: NetworkHost;
  readonly clock: Clock;
  readonly verifier: HeaderVerifier;
  readonly follower: Follower;
  readonly recent: RecentBlocks;
  readonly refusals: readonly RefusalView[];
  readonly home: HomeLink;
  readonly parties: Parties;
  readonly accounts: Accounts;
  readonly nonces: ReadonlyMap<string, bigint>;
  readonly transactions: TransactionBook;
  readonly contracts: ContractBook;
  readonly privateHead: PrivateHead;
  readonly operations: Operations;
  readonly enclaveKey: EnclaveKey;
}

/** How each part of the view is made from what the participant knows. */
export function createViewMakers(sources: ViewSources): ViewMakers {
  const { options, genesis, host, clock, verifier, follower, recent, home, parties } = sources;
  const { config } = genesis.genesis;
  const nodes = () => host.peers().filter((peer) => peer.role === 'node');
  const validatorName = (address: string): string | undefined => options.labels?.validators[address];

  function head(): HeadView {
    const { header, hash } = verifier.head;
    const described = recent.newest();
    const settings = bftConfigAt(config, header.number + 1);
    const refused = sources.refusals.find((refusal) => refusal.number > header.number);
    const mark = markHead({
      number: header.number,
      timestamp: header.number === 0 ? 0 : Number(header.timestamp),
      nowSeconds: Math.floor(clock.nowMs() / 1000),
      blockPeriodSeconds: settings?.blockPeriodSeconds ?? 1,
      emptyBlockPeriodSeconds: settings?.emptyBlockPeriodSeconds ?? 0,
      sealers: described?.sealers.length ?? 0,
      validatorCount: described?.validatorCount ?? verifier.validators.length,
      quorum: described?.quorum ?? verifier.quorum,
      watched: nodes().length,
      target: follower.target(),
      refusedAbove: refused === undefined ? undefined : { number: refused.number, reason: refused.reason },
    });
    return { number: header.number, hash: bytesToHex(hash), timestamp: Number(header.timestamp), ...mark };
  }

  function validators(): readonly ValidatorView[] {
    const connected = new Set(nodes().map((peer) => (peer.address === undefined ? '' : bytesToHex(peer.address))));
    return verifier.validators.map((validator) => {
      const address = bytesToHex(validator);
      return {
        address,
        name: validatorName(address),
        connected: connected.has(address),
        lastProposed: recent.lastProposed(address),
        lastSealed: recent.lastSealed(address),
      };
    });
  }

  function peers(): readonly PeerView[] {
    const names = new Map(parties.list().map((entry) => [entry.enclaveKey, entry.name]));
    return host.peers().map((peer) => {
      const address = peer.address === undefined ? undefined : bytesToHex(peer.address);
      const enclaveKey = parties.keyOfPeer(peer.id);
      const label = address === undefined ? undefined : validatorName(address);
      return {
        id: peer.id,
        role: peer.role,
        name: label ?? peer.name ?? (enclaveKey === undefined ? undefined : names.get(enclaveKey)),
        address,
        transport: peer.transport,
        direction: peer.direction,
        enclaveKey,
        head: follower.peerHeads.number(peer.id),
      };
    });
  }

  function party(): PartyView {
    const statement = home.statement();
    const homeView = home.view();
    const homePeer = nodes().find((peer) => peer.id === homeView?.peerId);
    const homeName = homePeer?.address === undefined ? undefined : validatorName(bytesToHex(homePeer.address));
    return {
      peerId: host.peerId,
      enclaveKey: bytesToBase64(sources.enclaveKey),
      accounts: sources.accounts
        .list()
        .map((address) => ({ address, nonce: (sources.nonces.get(address) ?? 0n).toString() })),
      home: homeView === undefined ? undefined : { ...homeView, name: homeName ?? homeView.name },
      statement:
        statement === undefined
          ? undefined
          : { sequence: statement.sequence, signedBy: signingKeyToPeerId(statement.signingKey) },
      persistent: options.persistent,
      fresh: options.fresh,
    };
  }

  function privateHead(): PrivateHeadView {
    const { number, root, state, detail } = sources.privateHead.status();
    return { number, root: bytesToHex(root), state, detail };
  }

  return {
    network: () => networkView(genesis, config, verifier),
    head,
    blocks: () => recent.list(),
    refusals: () => [...sources.refusals],
    validators,
    peers,
    party,
    directory: () => parties.list(),
    transactions: () => sources.transactions.list(),
    contracts: () => sources.contracts.list(),
    privateHead,
    operations: () => sources.operations.list(),
  };
}

function networkView(genesis: OpenedGenesis, config: ChainConfig, verifier: HeaderVerifier): NetworkView {
  const next = verifier.head.header.number + 1;
  const settings = bftConfigAt(config, next);
  return {
    chainId: (config.chainId ?? 0n).toString(),
    genesisHash: bytesToHex(genesis.hash),
    consensus: settings?.algorithm === 'ibft' ? 'IBFT' : 'QBFT',
    blockPeriodSeconds: settings?.blockPeriodSeconds ?? 1,
    quorum: verifier.quorum,
    quorumWarning: quorumWarning(config, next, verifier.validators),
  };
}
