import { bftConfigAt } from '@isoquorum/primitives/genesis/bft-config';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { transactionHash } from '@isoquorum/primitives/transaction/transaction';
import { createEnclave } from '@isoquorum/privacy/enclave/create-enclave';
import { createTransactionManager } from '@isoquorum/privacy/manager/create-transaction-manager';
import { PartyDirectory } from '@isoquorum/privacy/statement/directory';
import { openAccounts } from './account/accounts.ts';
import { fetchReceipts } from './chain/block-receipts.ts';
import { createCalls } from './chain/calls.ts';
import { openChainStore } from './chain/chain-store.ts';
import { createValidatorsReader, readGenesisValidators } from './chain/contract-validators.ts';
import { createHeaderVerifier } from './chain/create-verifier.ts';
import { createFollower } from './chain/follower.ts';
import type { CheckedBlock } from './chain/header-verifier.ts';
import { createPublicState } from './chain/public-state.ts';
import { createSyncClient } from './chain/sync-client.ts';
import { createHomeLink, type HomeLink } from './home/home-link.ts';
import { createPages } from './home/pages.ts';
import { createParties } from './home/parties.ts';
import { openGenesis } from './open-genesis.ts';
import type { ParticipantApi } from './participant-api.ts';
import type { ParticipantOptions } from './participant-options.ts';
import type { ParticipantView, RefusalView } from './participant-view.ts';
import { createViewMakers } from './participant-view-makers.ts';
import { createPayloadResolver } from './private/payload-resolver.ts';
import { createPrivateHead } from './private/private-head.ts';
import { createPrivateRecords } from './private/private-records.ts';
import { openPrivateStore } from './private/private-store.ts';
import { toProblemView } from './problems.ts';
import { createReceiptBook } from './provider/create-receipt-book.ts';
import { createProvider } from './provider/provider.ts';
import { toProviderError } from './provider/provider-error.ts';
import type { CheckedHead } from './provider/receipt-book.ts';
import { createRecentBlocks } from './recent-blocks.ts';
import { openContractBook } from './records/contract-book.ts';
import { notePublicContracts } from './records/public-contracts.ts';
import { openTransactionBook } from './records/transaction-book.ts';
import { createSettings } from './settings.ts';
import { createOperations } from './submit/operations.ts';
import { createSubmitter } from './submit/submitter.ts';
import { createPhases } from './phases.ts';
import { createViewPublisher, type ViewMakers, type ViewPublisher } from './view-publisher.ts';

const refusalsShown = 20;
/** Blocks of one batch beyond which the page is catching up, and does not look into everybody's public creations. */
const liveBlocks = 3;

/** A participant that runs in this thread. */
export interface Participant extends ParticipantApi {
  /** Connects and follows; resolves when the host has started. Problems go to the view. */
  start(): Promise<void>;
}

/**
 * Joins all parts of the light party over the given ports: it checks every header and body, keeps its own private state, and sends and
 * receives private payloads itself.
 * @throws GENESIS_MISMATCH, CHAIN_NOT_SUPPORTED, and what opening the store, keys and genesis throws
 */
export async function createParticipant(options: ParticipantOptions): Promise<Participant> {
  const { host, store, clock, logger, random, evm, keyAgreement, signer } = options;
  const genesis = openGenesis(options.genesisJson, options.genesisHash);
  const { config } = genesis.genesis;
  const blockPeriodSeconds = bftConfigAt(config, 1)?.blockPeriodSeconds ?? 1;
  const [enclaveKey] = keyAgreement.publicKeys();
  if (enclaveKey === undefined) throw new RangeError('the key agreement holds no key');

  const chainStore = await openChainStore(store);
  const { stored } = chainStore;
  const verifier = createHeaderVerifier({
    config,
    genesisHeader: genesis.header,
    genesisValidators: await readGenesisValidators(genesis.genesis, evm),
    ...(stored === undefined ? {} : { resume: { header: stored.header, state: stored.verifierState } }),
  });
  const privateStore = await openPrivateStore(store);
  const settings = createSettings(store);
  const accounts = await openAccounts({ vault: options.vault, random, config });
  const contracts = await openContractBook(store);
  const transactions = await openTransactionBook({ store, config, isOwnAccount: (address) => accounts.holds(address) });
  const sync = createSyncClient(host);
  const publicState = createPublicState({ host, sync, store });
  const enclave = createEnclave({ keyAgreement, random });
  const directory = await PartyDirectory.open({ store, clock, genesisHash: genesis.hash });
  const recent = createRecentBlocks();
  const refusals: RefusalView[] = [];
  const nonces = new Map<string, bigint>();
  let makers: ViewMakers = {};
  const publisher: ViewPublisher = createViewPublisher(clock, () => makers);
  const touch = (...keys: readonly (keyof ParticipantView)[]): void => {
    for (const key of keys) publisher.touch(key);
  };

  const head = (): CheckedHead => {
    const { header, hash } = verifier.head;
    return (
      recent.at(header.number) ?? {
        header,
        hash,
        author: verifier.describe(header).author,
        transactionHashes: undefined,
      }
    );
  };
  const blockAt = (number: number): CheckedHead | undefined => {
    const found = recent.at(number) ?? (number === verifier.head.header.number ? head() : undefined);
    const older = found === undefined ? chainStore.recent(number) : undefined;
    return older === undefined
      ? found
      : { ...older, author: verifier.describe(older.header).author, transactionHashes: undefined };
  };
  const blockHash = (number: number): Uint8Array | undefined => chainStore.recent(number)?.hash;
  const anchor = () => ({ blockHash: head().hash, stateRoot: head().header.stateRoot });

  const labels = new Map(Object.entries(options.labels?.parties ?? {}));
  const pages = createPages({
    host,
    manager: () => manager,
    enclaveKey,
    signer,
    genesisHash: genesis.hash,
    clock,
    logger,
  });
  const parties = createParties({
    directory,
    enclave,
    enclaveKey,
    pages,
    labels,
    logger,
    home: (): HomeLink => home,
    onChange: () => {
      touch('directory', 'peers');
    },
  });
  const privacyEnhancements =
    config.privacyEnhancementsBlock !== undefined ||
    config.transitions.some((transition) => transition.privacyEnhancementsEnabled === true);
  const manager = await createTransactionManager({
    store,
    enclave,
    clock,
    publisher: parties.publisher,
    rules: { privacyEnhancements },
  });
  const home = createHomeLink({
    host,
    manager,
    enclave,
    enclaveKey,
    signer,
    genesisHash: genesis.hash,
    settings,
    clock,
    logger,
    isOnChain: async (hash) => (await privateStore.strangeIn(hash)) !== undefined,
    onDirectory: (listed) => parties.learn(listed),
    onChange: () => {
      touch('party', 'directory');
      privateHead.wake();
      phases.update();
    },
  });

  const checkedNumber = (): number => verifier.head.header.number;
  const receipts = createReceiptBook({
    transactions,
    store,
    clock,
    logger,
    blockAt,
    fetchReceipts: ({ header, hash }) => fetchReceipts(host, sync, header, hash),
    onChange: () => touch('transactions'),
  });
  const privateHead = createPrivateHead({
    config,
    evm,
    publicState,
    store,
    logger,
    blockHash,
    checkedNumber,
    privateStore,
    resolve: createPayloadResolver({ manager, home, checkedNumber }),
    operationsFor: createPrivateRecords({ manager, publicState, transactions, contracts }),
    rewindOperations: async (number) => contracts.rewind(number),
    onChange: () => {
      touch('privateHead', 'transactions', 'contracts');
      receipts.refresh();
    },
  });
  manager.onStored(({ hash }) => {
    privateHead
      .payloadArrived(hash)
      .catch((error: unknown) =>
        logger.log('error', 'a late payload could not be looked at', { error: String(error) }),
      );
  });

  const follower = createFollower({
    host,
    sync,
    verifier,
    readValidators: createValidatorsReader({
      config,
      evm,
      publicState,
      blockHash: (number) => chainStore.recent(number)?.hash,
    }),
    chainStore,
    store,
    clock,
    logger,
    blockPeriodSeconds,
    operationsFor: (blocks) => [...privateHead.keep(blocks), ...transactions.include(blocks)],
    onBlocks,
    onFatal: (error) => phases.fail(toProblemView(error)),
    onRefusal: ({ peerId, ...refusal }) => {
      refusals.unshift({ ...refusal, peer: peerId, at: clock.nowMs() });
      refusals.length = Math.min(refusals.length, refusalsShown);
      touch('refusals', 'head');
    },
    onHeads: () => {
      touch('peers', 'head');
      phases.update();
    },
  });
  const operations = createOperations(() => touch('operations'));
  const calls = createCalls({ config, evm, publicState, privateHead, head, blockHash });
  const submitter = createSubmitter({
    host,
    clock,
    accounts,
    manager,
    publicState,
    transactions,
    blockPeriodSeconds,
    simulate: (...args) => calls.simulate(...args),
    ownKey: enclaveKey,
    head: () => ({ ...anchor(), number: checkedNumber(), gasLimit: verifier.head.header.gasLimit }),
    onChange: () => touch('transactions'),
  });
  const provide = createProvider({
    chainId: config.chainId ?? 0n,
    accounts,
    calls,
    publicState,
    privateHead,
    submitter,
    manager,
    transactions,
    contracts,
    receipts,
    head,
    blockAt,
    directory: () => parties.list(),
  });
  const phases = createPhases({ publisher, clock, host, follower, home, checkedNumber });
  makers = createViewMakers({
    options,
    genesis,
    host,
    clock,
    verifier,
    follower,
    recent,
    refusals,
    home,
    parties,
    accounts,
    nonces,
    transactions,
    contracts,
    privateHead,
    operations,
    enclaveKey,
  });
  if (stored !== undefined) showStored();

  /** What was checked before a reload is shown at once; its transactions are in their own records. */
  function showStored(): void {
    for (let number = Math.max(1, checkedNumber() - 8); number <= checkedNumber(); number++) {
      const entry = chainStore.recent(number);
      const parent = chainStore.recent(number - 1);
      if (entry === undefined) continue;
      const { validators, quorum } = verifier;
      recent.add({
        ...entry,
        parentRoot: parent?.header.stateRoot ?? entry.header.stateRoot,
        validators,
        quorum,
        transactions: [],
        ...verifier.describe(entry.header),
      });
    }
  }

  function onBlocks(blocks: readonly CheckedBlock[]): void {
    for (const block of blocks) recent.add(block);
    const included = blocks.flatMap((block) =>
      block.transactions.map((transaction) => bytesToHex(transactionHash(transaction))),
    );
    submitter.included(included);
    privateHead.wake();
    receipts.refresh();
    touch('head', 'blocks', 'validators', 'peers', 'network', 'privateHead', 'transactions');
    phases.update();
    if (included.some((hash) => transactions.find(hash)?.mine === true)) refreshNonces();
    if (blocks.length > liveBlocks) return;
    for (const block of blocks)
      notePublicContracts({ publicState, store, transactions, contracts }, block).then(
        (found) => found && touch('contracts'),
        (error: unknown) => logger.log('debug', 'a new contract could not be looked at', { error: String(error) }),
      );
  }

  function refreshNonces(): void {
    for (const address of accounts.list())
      submitter.nextNonce(address).then(
        (nonce) => {
          nonces.set(address, nonce);
          touch('party');
        },
        () => undefined,
      );
  }

  host.onPeer(() => {
    touch('peers', 'validators', 'head', 'directory');
    phases.update();
    privateHead.wake();
  });

  return {
    view: () => publisher.view(),
    onView: (listener) => publisher.onView(listener),
    async request(request, operationId) {
      const progress = operations.progress(operationId);
      try {
        return await provide(request, progress);
      } catch (error) {
        operations.fail(operationId, toProblemView(error));
        throw toProviderError(error);
      }
    },
    async createAccount() {
      const address = await accounts.create();
      touch('party');
      return address;
    },
    chooseHome: (peerId) => home.choose(peerId),
    async start() {
      touch(...(Object.keys(makers) as (keyof ViewMakers)[]));
      try {
        if (options.admit !== undefined) {
          publisher.set({ phase: 'admission', activity: { step: 'admission', text: 'Redeeming the invitation' } });
          await options.admit();
        }
        follower.start();
        home.start();
        phases.start(refreshNonces);
        host.setStatus({ number: checkedNumber(), hash: verifier.head.hash });
        await host.start();
      } catch (error) {
        phases.fail(toProblemView(error));
      }
    },
    async stop() {
      phases.stop();
      receipts.stop();
      submitter.stop();
      pages.stop();
      await Promise.all([home.stop(), follower.stop(), privateHead.stop()]);
      await host.stop();
      await store.close();
      publisher.set({ phase: 'stopped', activity: undefined });
      publisher.stop();
    },
  };
}
