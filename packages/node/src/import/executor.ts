import type { Block } from '@isoquorum/primitives/block';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { headerHash, type Header } from '@isoquorum/primitives/header';
import { bytesToHex } from '@isoquorum/primitives/hex';
import type { Transaction } from '@isoquorum/primitives/transaction/transaction';
import type { Evm } from '@isoquorum/execution/evm/port';
import { createStateDatabase, type StateDatabase } from '@isoquorum/execution/state/database';
import { applyBlock, checkBody, viewBlock } from '@isoquorum/execution/transition/apply-block';
import { applyPrivate } from '@isoquorum/execution/transition/apply-private';
import { BlockRun } from '@isoquorum/execution/transition/block-run';
import { buildBlock } from '@isoquorum/execution/transition/build-block';
import { runAsync } from '@isoquorum/execution/transition/steps';
import type {
  AppliedBlock,
  AppliedPrivate,
  ApplyBlockInput,
  BuildBlockInput,
  BuiltBlock,
  PrivateReceipt,
  PrivateTransactionView,
  RunOptionsOf,
  TransitionContext,
  TransitionOutcome,
} from '@isoquorum/execution/transition/types';
import type { Blockchain } from '../chain/blockchain.ts';
import type { ChainBlock } from '../chain/chain.ts';
import { storeDamaged, unknownBlock } from '../chain/errors.ts';
import { createLru } from '../chain/lru.ts';
import type { PrivateKnowledge } from '../private/private-work.ts';

/** Results of blocks that may be asked for again: built, verified, imported; the newest only. */
const keptResultsDefault = 8;

export interface BuildRequest {
  readonly parent: ChainBlock;
  /** Prepared by the engine; roots, bloom and gas used are filled in. */
  readonly header: Header;
  readonly author: Address;
  /** What the engine adds to the complete header (IBFT's proposer seal); the result is kept under the sealed hash. */
  readonly seal?: ((header: Header) => Header) | undefined;
  readonly candidates: Iterable<Transaction>;
  readonly isTimeUp?: () => boolean;
  /** For builds that give way to other work. */
  readonly runOptions?: BuildBlockInput['runOptions'];
  /** For BLOCKHASH on a parent whose ancestors are not all in the chain. */
  readonly ancestorHash?: (number: number) => Hash32 | undefined;
}

/** A private state and its accounts' extra data, by root. */
export interface PrivateRoots {
  readonly root: Hash32;
  readonly extraRoot: Hash32;
}

/** The private half of a block that is run once more. */
export interface PrivateReplay {
  readonly psi: string;
  /** Private state after the parent. */
  readonly parent: PrivateRoots;
  readonly known: PrivateKnowledge;
  /** Index of the last transaction of the block whose private part is run. */
  readonly last: number;
  readonly isUnsettled: boolean;
}

export interface ReplayRequest {
  readonly block: ChainBlock;
  readonly evm: Evm;
  readonly optionsOf: RunOptionsOf;
  /** Absent: public transactions are all that is wanted. */
  readonly privately?: PrivateReplay | undefined;
}

export interface ReplayedBlock {
  readonly applied: AppliedBlock;
  /** None where nothing private was run. */
  readonly privateReceipts: readonly PrivateReceipt[];
}

/** A state between two transactions, and where to read it. */
export interface InnerState {
  readonly database: StateDatabase;
  readonly root: Hash32;
}

/** A database for runs that nobody keeps: it reads the chain's and remembers for itself. */
function beside(database: StateDatabase): StateDatabase {
  return createStateDatabase(
    {
      node: (hash) => database.readNode(hash),
      code: (hash) => database.code(hash),
      preimage: (hash) => database.preimage(hash),
    },
    { maxNodes: 20_000 },
  );
}

/** Runs transitions on the chain's state. Every public block is executed once: the result is kept by hash. */
export interface Executor {
  /** @throws BLOCK_INVALID with GoQuorum's text */
  execute(block: Block, hash: Hash32, parent: ChainBlock): Promise<AppliedBlock>;
  build(request: BuildRequest): Promise<BuiltBlock>;
  /** Private transactions of a canonical block on a private state; the public views come from the kept result or from a new run. */
  executePrivate(
    block: ChainBlock,
    psi: string,
    parent: PrivateRoots,
    known: PrivateKnowledge,
  ): Promise<TransitionOutcome<AppliedPrivate>>;
  /**
   * Runs a stored block once more, its private transactions included, on another engine and with what a tracer needs; nothing is stored.
   * @throws STATE_MISSING when the parent's state is pruned
   */
  replay(request: ReplayRequest): Promise<TransitionOutcome<ReplayedBlock>>;
  /** The public state inside a stored block, before the transaction at an index. @throws as a transition does */
  stateBefore(block: ChainBlock, index: number): Promise<InnerState>;
  /** How many blocks have been executed (not counting those taken from a kept result). */
  readonly executions: number;
}

interface KeptResult {
  readonly applied: AppliedBlock;
  readonly transactions: readonly Transaction[];
}

export interface ExecutorOptions {
  readonly chain: Blockchain;
  readonly database: StateDatabase;
  readonly evm: Evm;
  readonly config: ChainConfig;
  readonly author: (header: Header) => Address;
  /** Results of blocks that are kept in memory; 8 unless told. */
  readonly keptResults?: number;
}

export function createExecutor(options: ExecutorOptions): Executor {
  const { chain, database, evm, config, author } = options;
  const results = createLru<KeptResult>(options.keptResults ?? keptResultsDefault);
  const underway = new Map<string, Promise<AppliedBlock>>();
  let executions = 0;

  function context(parent: { hash: Hash32; header: Header }): TransitionContext {
    return { config, evm, database, blockHash: (number) => chain.ancestorHash(parent, number) };
  }

  function done<T>(outcome: TransitionOutcome<T>, number: number): T {
    if (outcome.status === 'done') return outcome.result;
    const need = outcome.needs[0];
    throw storeDamaged('part of a state is missing', { number, need: need?.type });
  }

  function inputOf(block: Block, parent: { hash: Hash32; header: Header }): ApplyBlockInput {
    return {
      ...context(parent),
      header: block.header,
      transactions: block.transactions,
      uncles: block.uncles,
      parentRoot: parent.header.stateRoot,
      author: author(block.header),
    };
  }

  async function apply(block: Block, parent: { hash: Hash32; header: Header }): Promise<AppliedBlock> {
    const outcome = await runAsync(applyBlock(inputOf(block, parent)));
    return done(outcome, block.header.number);
  }

  async function execute(block: Block, hash: Hash32, parent: ChainBlock): Promise<AppliedBlock> {
    const kept = results.get(hash);
    if (kept !== undefined) {
      // The hash covers the header alone: another body may have come with it.
      if (kept.transactions !== block.transactions) checkBody(block);
      return kept.applied;
    }
    const text = bytesToHex(hash);
    const running = underway.get(text);
    if (running === undefined) {
      executions++;
      const started = apply(block, { hash: parent.hash, header: parent.block.header }).then((applied) => {
        results.set(hash, { applied, transactions: block.transactions });
        return applied;
      });
      underway.set(text, started);
      const forget = (): void => void underway.delete(text);
      started.then(forget, forget);
      return started;
    }
    const applied = await running;
    checkBody(block);
    return applied;
  }

  async function views(block: ChainBlock): Promise<readonly PrivateTransactionView[]> {
    const kept = results.get(block.hash);
    if (kept !== undefined) return kept.applied.privateTransactions;
    const parentHash = block.block.header.parentHash;
    const header = chain.reader.headerByHash(parentHash);
    if (header === undefined) throw unknownBlock(parentHash);
    const outcome = await runAsync(viewBlock(inputOf(block.block, { hash: parentHash, header })));
    return done(outcome, block.block.header.number);
  }

  return {
    execute,
    async build(request) {
      const { parent } = request;
      const outcome = await runAsync(
        buildBlock({
          ...context({ hash: parent.hash, header: parent.block.header }),
          ...(request.ancestorHash === undefined ? {} : { blockHash: request.ancestorHash }),
          header: request.header,
          parentRoot: parent.block.header.stateRoot,
          author: request.author,
          candidates: request.candidates,
          ...(request.isTimeUp === undefined ? {} : { isTimeUp: request.isTimeUp }),
          ...(request.runOptions === undefined ? {} : { runOptions: request.runOptions }),
        }),
      );
      const built = done(outcome, request.header.number);
      const header = request.seal?.(built.header) ?? built.header;
      results.set(headerHash(header), { applied: built.applied, transactions: built.transactions });
      return { ...built, header };
    },
    async executePrivate(block, psi, before, known) {
      const privateTransactions = await views(block);
      const { header } = block.block;
      const parent = chain.reader.headerByHash(header.parentHash);
      if (parent === undefined) throw storeDamaged('a parent is missing', { number: header.number });
      return runAsync(
        applyPrivate({
          ...context({ hash: header.parentHash, header: parent }),
          header,
          author: author(header),
          psi,
          parentRoot: before.root,
          parentExtraRoot: before.extraRoot,
          privateTransactions,
          ...known,
        }),
      );
    },
    async replay({ block, evm: engine, optionsOf, privately }) {
      const { header } = block.block;
      const parent = chain.reader.headerByHash(header.parentHash);
      if (parent === undefined) throw unknownBlock(header.parentHash);
      const input = {
        ...inputOf(block.block, { hash: header.parentHash, header: parent }),
        evm: engine,
        database: beside(database),
        optionsOf,
      };
      const outcome = await runAsync(applyBlock(input));
      if (outcome.status === 'needs') return outcome;
      const applied = outcome.result;
      if (privately === undefined) return { status: 'done', result: { applied, privateReceipts: [] } };
      const { psi, parent: before, known, last, isUnsettled } = privately;
      const own = await runAsync(
        applyPrivate({
          ...input,
          psi,
          parentRoot: before.root,
          parentExtraRoot: before.extraRoot,
          privateTransactions: applied.privateTransactions.filter(({ index }) => index <= last),
          ...known,
          isUnsettled,
        }),
      );
      if (own.status === 'needs') return own;
      return { status: 'done', result: { applied, privateReceipts: own.result.receipts } };
    },
    async stateBefore(block, index) {
      const { header, transactions } = block.block;
      const parent = chain.reader.headerByHash(header.parentHash);
      if (parent === undefined) throw unknownBlock(header.parentHash);
      const input = {
        ...inputOf(block.block, { hash: header.parentHash, header: parent }),
        database: beside(database),
      };
      if (index <= 0) return { database: input.database, root: parent.stateRoot };
      const run = new BlockRun(input, header, input.author, parent.stateRoot);
      for (const transaction of transactions.slice(0, index)) await runAsync(run.apply(transaction));
      return { database: input.database, root: run.finish().stateRoot };
    },
    get executions() {
      return executions;
    },
  };
}
