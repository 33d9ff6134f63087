import { base64ToBytes } from '@isoquorum/primitives/base64';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import type { Evm } from '../evm/port.ts';
import { applyPrivate } from '../transition/apply-private.ts';
import { runAsync } from '../transition/steps.ts';
import type { AppliedBlock, AppliedPrivate, PayloadResolution } from '../transition/types.ts';
import { authorOf, type RecordedChain } from './recorded-chain.ts';
import type { Replay } from './replay.ts';
import { hasFile, readJson } from './shared-data.ts';

interface RecordedPayload {
  readonly payload: string;
  readonly privacyFlag?: number;
  readonly affectedContractTransactions?: unknown;
  readonly execHash?: string;
}

/** Answers a digest from the recorded manager of a node; what is absent there is "not a party". */
export class RecordedResolutions extends Map<string, PayloadResolution> {
  private readonly payloads: Readonly<Record<string, RecordedPayload>>;

  constructor(folder: string, node: number) {
    super();
    const path = `${folder}/nodes/${node}/payloads.json`;
    this.payloads = hasFile(path) ? (readJson(path) as Record<string, RecordedPayload>) : {};
  }

  override get(digest: string): PayloadResolution {
    const found = this.payloads[`0x${digest}`];
    if (found === undefined) return { type: 'notParty' };
    const payload = base64ToBytes(found.payload);
    const privacyFlag = (found.privacyFlag ?? 0) as 0 | 1 | 2 | 3;
    if (privacyFlag === 0) return { type: 'payload', payload };
    return {
      type: 'payload',
      payload,
      metadata: { privacyFlag, affectedContracts: [], executionHash: undefined, managedParties: [] },
    };
  }
}

/** Follows the private state of one recorded node while the public chain is replayed. */
export class PrivateReplay {
  readonly node: number;
  root: Uint8Array = emptyTrieRoot;
  private readonly chain: RecordedChain;
  private readonly replay: Replay;
  private readonly evm: Evm;
  private readonly resolutions: RecordedResolutions;

  constructor(chain: RecordedChain, replay: Replay, evm: Evm, node: number) {
    this.chain = chain;
    this.replay = replay;
    this.evm = evm;
    this.node = node;
    this.resolutions = new RecordedResolutions(chain.folder, node);
  }

  async apply(number: number, applied: AppliedBlock): Promise<AppliedPrivate> {
    const block = this.chain.blocks[number];
    if (block === undefined) throw new Error(`no block ${number}`);
    const outcome = await runAsync(
      applyPrivate({
        config: this.chain.genesis.config,
        evm: this.evm,
        database: this.replay.database,
        blockHash: (at) => this.chain.hashes[at],
        header: block.header,
        author: authorOf(this.chain, block.header),
        psi: 'private',
        parentRoot: this.root,
        privateTransactions: applied.privateTransactions,
        resolutions: this.resolutions,
      }),
    );
    if (outcome.status === 'needs') throw new Error(`private block ${number} needs ${JSON.stringify(outcome.needs)}`);
    this.replay.source.apply(outcome.result.operations);
    this.root = outcome.result.stateRoot;
    return outcome.result;
  }
}
