import { createRecoverCache } from '@isoquorum/consensus/recover-cache';
import type { Address, EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { selectEngine } from '@isoquorum/primitives/genesis/bft-config';
import type { Block } from '@isoquorum/primitives/block';
import type { Header } from '@isoquorum/primitives/header';
import { validateStart } from '@isoquorum/primitives/genesis/validate';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { nodeIdToHash, nodeKeyToAddress, nodeKeyToEnode, nodeKeyToNodeId } from '@isoquorum/primitives/node-key';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { privateKeyToAddress, signDigestBytes } from '@isoquorum/primitives/secp256k1';
import { openAccess } from './access-policy.ts';
import { createBloomIndexer } from './bloom/indexer.ts';
import { createBloomIndex } from './bloom/index-reader.ts';
import { DEFAULT_PRIVATE_STATE } from './chain/chain.ts';
import { createStateAccess } from './chain/create-state-access.ts';
import { openChain } from './chain/open-chain.ts';
import { createConsensusDriver } from './consensus-driver/create-consensus-driver.ts';
import type { DriverParts } from './consensus-driver/driver.ts';
import { createFollowerDriver } from './consensus-driver/follower-driver.ts';
import { createVoteBook } from './consensus-driver/vote-book.ts';
import { createEngineRules } from './engine/create-engine-rules.ts';
import { decidersTogether } from './engine/engine.ts';
import { serveHome } from './home/serve-home.ts';
import { createBlockReplay } from './import/block-replay.ts';
import { createExecutor, type Executor } from './import/executor.ts';
import { createImporter } from './import/importer.ts';
import type { NodeOptions } from './node-options.ts';
import { CALL_LIMITS, GAS_PRICE, type NodeContext } from './node-context.ts';
import { createPool } from './pool/create-pool.ts';
import { createRecoverSenders } from './pool/senders.ts';
import { createSimulate } from './private/simulate.ts';
import { createSubmitter } from './private/create-submitter.ts';
import { followManager } from './private/follow-manager.ts';
import { createInsideMarker } from './private/inside-marker.ts';
import { createManagerSource } from './private/manager-source.ts';
import { openSurvey } from './private/manager-survey.ts';
import { openPrivateGroups } from './private/open-private-groups.ts';
import { createPayloadResolver, noPayloads } from './private/payload-resolver.ts';
import { createPrivateFollower } from './private/private-follower.ts';
import { privateStatesOf } from './private/private-groups.ts';
import { createBlockAnnouncer } from './sync/block-announcer.ts';
import { createBranchLimits } from './sync/branch-limits.ts';
import { createCatchUp } from './sync/catch-up.ts';
import { serveChain } from './sync/serve.ts';
import { serveWitness } from './sync/serve-witness.ts';
import { startTransactionGossip } from './sync/transaction-gossip.ts';
import { createValidatorReader } from './engine/validator-reader.ts';

export interface RunningNode {
  readonly context: NodeContext;
  readonly address: Address;
  /** How many public blocks were executed, for tests of "never twice". */
  readonly executor: Pick<Executor, 'executions'>;
  /** Says that a payload has come to the manager; for managers that cannot tell (`storedSince`). */
  payloadStored(digest: EncryptedPayloadHash): Promise<void>;
  /** Takes a block that comes from elsewhere than the network; resolves when it is durable. @throws as `Importer.import` */
  importBlock(block: Block): Promise<void>;
  /** Resolves when private heads are level with the public one or wait for a manager. */
  privateIdle(): Promise<void>;
  /** Stops consensus, network and timers, waits for what is being written, closes the store. Safe to call twice. */
  stop(): Promise<void>;
  /** Resolves when the node has stopped, with the fatal error if there was one. */
  readonly stopped: Promise<unknown>;
}

export const clientVersionDefault = 'Isoquorum/v0.1.0';

/** Opens the chain, joins the network, validates if listed. @throws STORE_*, genesis errors, errors of the host's start */
export async function createNode(options: NodeOptions): Promise<RunningNode> {
  const { genesis, store, host, clock, logger, manager, random } = options;
  const profile = options.rules ?? 'strict';
  const networkId = options.networkId ?? genesis.config.chainId ?? 1n;
  // A chain without an engine's section is Raft here, with no flag.
  validateStart(genesis, { networkId, isRaft: selectEngine(genesis.config) === undefined });
  const address = nodeKeyToAddress(options.nodeKey);
  /** Keys of accounts, that of the signer first. */
  const ownAccounts = [...(options.signerKey === undefined ? [] : [options.signerKey]), ...(options.accountKeys ?? [])];
  const access = options.access ?? openAccess;
  const recoverSenders = options.recoverSenders ?? createRecoverSenders();
  const recover = createRecoverCache();
  const stops: (() => void | Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;
  let resolveStopped: (error: unknown) => void = () => undefined;
  const stopped = new Promise<unknown>((resolve) => {
    resolveStopped = resolve;
  });
  let fatalError: unknown;

  function fatal(error: unknown): void {
    if (fatalError !== undefined || stopping !== undefined) return;
    fatalError = error;
    logger.log('error', 'The node must stop', {
      reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    options.onFatal?.(error);
    void stop();
  }

  const groups = await openPrivateGroups(genesis.config, store, manager);
  const privateStates = privateStatesOf(genesis.config, groups, undefined);
  const opened = await openChain({
    genesis,
    store,
    logger,
    onWriteFailure: fatal,
    privateStates,
    ...(options.gcMode === undefined ? {} : { gcMode: options.gcMode }),
  });
  const { chain, database } = opened;
  const { reader } = chain;
  const rules = createEngineRules({ chain, database, profile, recover });
  const executor = createExecutor({
    chain,
    database,
    evm: options.evm,
    config: genesis.config,
    author: (header) => rules.author(header),
  });
  const source = manager === undefined ? noPayloads : createManagerSource(manager);
  const resolver = createPayloadResolver({ source });
  const follower = createPrivateFollower({ chain, executor, resolver, groups, clock, logger, onFatal: fatal });
  const insideMarker = manager && createInsideMarker(resolver);
  const { gasPrice = GAS_PRICE } = options;
  const gasPriceMin = options.validate === false ? (options.priceLimit ?? gasPrice) : gasPrice;
  const pool = createPool({ chain, database, recoverSenders, access, logger, insideMarker, gasPriceMin });
  const importer = createImporter({
    chain,
    executor,
    rules,
    recoverSenders,
    resolver,
    clock,
    pooled: (hash) => pool.get(hash),
  });
  const votes = createVoteBook(random);
  const states = createStateAccess(reader, database);
  const author = (header: Header): Address => rules.author(header);
  const submitter = createSubmitter({
    chain: reader,
    pool,
    manager,
    simulate: createSimulate({ chain: reader, states, database, evm: options.evm, author, clock }),
    groups,
    privacyMarkers: options.privacyMarkers ?? false,
    gasPrice,
    accountKeys: options.accountKeys ?? [],
  });

  const headOf = (): { header: ReturnType<typeof reader.head>['block']['header']; hash: Uint8Array } => {
    const { block, hash } = reader.head();
    return { header: block.header, hash };
  };
  const deciders = (): readonly Address[] => {
    const isRaft = driver.status().algorithm === 'raft';
    // Members of a Raft cluster get every block by the log.
    return (isRaft ? driver.raft?.members.addresses() : undefined) ?? decidersTogether(rules, headOf());
  };
  const announcer = createBlockAnnouncer({
    host,
    chain: reader,
    clock,
    logger,
    validators: deciders,
  });
  const catchUp = createCatchUp({
    host,
    chain: reader,
    importer,
    branches: rules.kind === 'clique' ? createBranchLimits(reader, author) : undefined,
    clock,
    logger,
    onAnnounced: (peerId, hash) => announcer.markKnown(peerId, hash),
    onFatal: fatal,
  });
  const validates = options.validate !== false;
  const driverParts: DriverParts = {
    address,
    sign: (digest) => signDigestBytes(digest, options.nodeKey),
    signers: [options.nodeKey, ...ownAccounts].map((key) => ({
      address: nodeKeyToAddress(key),
      sign: (digest) => signDigestBytes(digest, key),
    })),
    recover,
    profile,
    chain,
    executor,
    importer,
    pool,
    votes,
    vanity: options.extraVanity,
    raft: options.raft,
    host,
    expectedPeers: options.expectedPeers ?? (() => []),
    neverSigned: options.neverSigned ?? false,
    clock,
    random,
    logger,
    onSyncHint: (height) => catchUp.hint(height),
    onAnnounceHead: (to) => announcer.announceHead(to),
    onFatal: fatal,
    inputLog: options.consensusLog,
  };
  const driver = validates ? createConsensusDriver(rules, driverParts) : createFollowerDriver(driverParts, rules);
  serveChain(host, reader);
  serveWitness(host, reader, database);
  serveHome(host, manager);

  async function stopAll(): Promise<void> {
    for (const act of stops.toReversed()) {
      try {
        await act();
      } catch (error) {
        logger.log('warn', 'Stopping: a part failed', { reason: String(error) });
      }
    }
    resolveStopped(fatalError);
  }

  function stop(): Promise<void> {
    stopping ??= stopAll();
    return stopping;
  }

  stops.push(() => store.close());
  stops.push(() => chain.writes.flush().catch(() => undefined));
  const bloomIndex = createBloomIndex({ store, hashByNumber: (number) => reader.hashByNumber(number) });
  const bloomIndexer = createBloomIndexer({
    chain: reader,
    index: bloomIndex,
    privateBloom: (number, psi) => {
      const hash = reader.hashByNumber(number);
      return hash && chain.privates.bloom(hash, psi);
    },
    writes: chain.writes,
    clock,
    logger,
  });
  const asked = manager && JSON.stringify([options.managerName ?? 'manager', groups?.groups ?? []]);
  const survey = await openSurvey(store, asked, options.asksManagerAgain);
  follower.start();
  bloomIndexer.start();
  stops.push(() => bloomIndexer.stop());
  stops.push(() => follower.stop());
  opened.startUpkeep();
  stops.push(() => opened.stopUpkeep());
  await pool.start();
  stops.push(() => pool.stop());
  stops.push(startTransactionGossip({ host, pool, clock, logger, validators: deciders }));
  stops.push(() => announcer.stop());
  stops.push(() => catchUp.stop());
  host.setStatus({ number: reader.headNumber(), hash: reader.head().hash });
  driver.start();
  stops.push(() => driver.stop());
  if (manager !== undefined && survey !== undefined) {
    const { privates } = chain;
    const parts = { manager, survey, privates, follower, resolver, groups, store, clock, logger };
    const { nodeKey } = options;
    stops.push(...followManager({ ...parts, peerId: host.peerId, nodeKey, genesisHash: reader.genesisHash }));
  }
  try {
    await host.start();
  } catch (error) {
    await stop();
    throw error;
  }
  stops.push(() => host.stop());

  function warnings(): string[] {
    const found: string[] = [];
    const weak = rules.warning(headOf());
    if (weak !== undefined) found.push(weak);
    for (const psi of reader.privateStates()) {
      const { waitingFor, number } = reader.privateHead(psi);
      if (waitingFor === undefined) continue;
      found.push(
        `private state ${psi} stands at block ${number}, waiting for ${waitingFor.digests.length} payload(s): ${waitingFor.reason}`,
      );
    }
    return found;
  }
  for (const warning of warnings()) logger.log('warn', warning);

  const advertise = options.advertise ?? { host: '127.0.0.1', port: 30303 };
  const context: NodeContext = {
    chain: reader,
    states,
    database,
    evm: options.evm,
    author: (header) => rules.author(header),
    bloomIndex,
    replay: createBlockReplay({
      chain: reader,
      executor,
      resolver,
      unresolved: chain.privates.unresolved,
      groups,
      hasManager: manager !== undefined,
      profile,
    }),
    pool,
    submitter,
    validators: createValidatorReader({ rules, votes, address }),
    host,
    identity: {
      clientVersion: options.clientVersion ?? clientVersionDefault,
      networkId,
      enode: nodeKeyToEnode(options.nodeKey, advertise),
      enodeId: bytesToBareHex(nodeIdToHash(nodeKeyToNodeId(options.nodeKey))),
      address,
      validates,
      etherbase: rules.kind === 'bft' ? address : privateKeyToAddress(ownAccounts[0] ?? options.nodeKey),
      dataDir: options.dataDir,
    },
    clock,
    random,
    logger,
    groups,
    defaultPsi: DEFAULT_PRIVATE_STATE,
    allowUnprotected: options.allowUnprotected ?? true,
    callLimits: options.callLimits ?? CALL_LIMITS,
    gasPrice,
    showsRaftSeconds: options.showsRaftSeconds ?? false,
    profile,
    raft: driver.raft,
    syncStatus: () => catchUp.status(),
    consensusStatus: () => driver.status(),
    warnings,
  };
  const { number } = headOf().header;
  logger.log('info', 'The node runs', { address: bytesToHex(address), head: number, peerId: host.peerId });
  return {
    context,
    address,
    executor,
    payloadStored: (digest) => follower.payloadStored(digest),
    privateIdle: () => follower.idle(),
    importBlock: async (block) => {
      const outcome = await importer.import(block);
      if (outcome.type === 'imported') await outcome.durable;
    },
    stop,
    stopped,
  };
}
