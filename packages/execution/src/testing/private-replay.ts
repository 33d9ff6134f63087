import { base64ToBytes } from '@isoquorum/primitives/base64';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { bytesToUtf8 } from '@isoquorum/primitives/utf8';
import type { Evm } from '../evm/port.ts';
import { applyPrivate } from '../transition/apply-private.ts';
import { runAsync } from '../transition/steps.ts';
import type { AppliedBlock, AppliedPrivate, PayloadMetadata, PayloadResolution } from '../transition/types.ts';
import { authorOf, type RecordedChain } from './recorded-chain.ts';
import type { Replay } from './replay.ts';
import { hasFile, readJson } from './shared-data.ts';

interface RecordedPayload {
  readonly payload: string;
  readonly privacyFlag?: number;
  readonly affectedContractTransactions?: readonly string[];
  readonly execHash?: string;
  readonly managedParties?: readonly string[];
  readonly senderKey?: string;
}

interface RecordedExchange {
  readonly node: number;
  readonly request: { readonly path: string; readonly body?: string };
  readonly response: { readonly body?: string };
}

interface ResidentGroup {
  readonly type: string;
  readonly privacyGroupId: string;
  readonly members: readonly string[];
}

function json<T>(path: string, otherwise: T): T {
  return hasFile(path) ? (readJson(path) as T) : otherwise;
}

function metadataOf(found: RecordedPayload): PayloadMetadata {
  const hash = base64ToBytes(found.execHash ?? '');
  return {
    privacyFlag: (found.privacyFlag ?? 0) as 0 | 1 | 2 | 3,
    affectedContracts: (found.affectedContractTransactions ?? []).map((one) => base64ToBytes(one)),
    executionHash: hash.length === 0 ? undefined : hash,
    managedParties: found.managedParties ?? [],
  };
}

/** Answers a digest from the recorded manager of a node; what is absent there is "not a party". */
class RecordedResolutions extends Map<string, PayloadResolution> {
  private readonly payloads: Readonly<Record<string, RecordedPayload>>;

  constructor(payloads: Readonly<Record<string, RecordedPayload>>) {
    super();
    this.payloads = payloads;
  }

  override get(digest: string): PayloadResolution {
    const found = this.payloads[`0x${digest}`];
    if (found === undefined) return { type: 'notParty' };
    return { type: 'payload', payload: base64ToBytes(found.payload), metadata: metadataOf(found) };
  }
}

/** What the manager of one node of a recorded chain knew. */
export class RecordedManagerData {
  readonly resolutions: RecordedResolutions;
  /** Members by private state identifier; empty without several private states. */
  readonly groups = new Map<string, readonly string[]>();
  private readonly payloads: Readonly<Record<string, RecordedPayload>>;
  private readonly details: Readonly<Record<string, { readonly isSender?: string }>>;
  private readonly exchanges: readonly RecordedExchange[];

  constructor(folder: string, node: number) {
    this.payloads = json(`${folder}/nodes/${node}/payloads.json`, {});
    this.details = json(`${folder}/nodes/${node}/payload-details.json`, {});
    this.exchanges = json<readonly RecordedExchange[]>(`${folder}/q2t.json.gz`, []).filter((one) => one.node === node);
    this.resolutions = new RecordedResolutions(this.payloads);
    const body = this.exchanges.find(({ request }) => request.path === '/groups/resident')?.response.body ?? '[]';
    for (const group of JSON.parse(body) as readonly ResidentGroup[]) {
      this.groups.set(bytesToUtf8(base64ToBytes(group.privacyGroupId)), group.members);
    }
  }

  /** What a party of a private state sealed under a digest, opened. */
  proof(uuid: string, members: readonly string[] | undefined): Uint8Array | undefined {
    const sealed = this.payloads[`0x${uuid}`];
    if (sealed === undefined || this.details[`0x${uuid}`]?.isSender !== 'true') return undefined;
    if (members?.includes(sealed.senderKey ?? '') === false) return undefined;
    const { cipherText } = JSON.parse(bytesToUtf8(base64ToBytes(sealed.payload))) as { cipherText: string };
    const exchange = this.exchanges.find(
      ({ request }) => request.path === '/encodedpayload/decrypt' && request.body?.includes(cipherText) === true,
    );
    const opened = JSON.parse(exchange?.response.body ?? '{}') as { payload?: string };
    return opened.payload === undefined ? undefined : base64ToBytes(opened.payload);
  }
}

/** Follows one private state of a recorded node while the public chain is replayed. */
export class PrivateReplay {
  readonly psi: string;
  root: Uint8Array = emptyTrieRoot;
  extraRoot: Uint8Array = emptyTrieRoot;
  private readonly chain: RecordedChain;
  private readonly replay: Replay;
  private readonly evm: Evm;
  private readonly data: RecordedManagerData;

  constructor(chain: RecordedChain, replay: Replay, evm: Evm, data: RecordedManagerData, psi = 'private') {
    this.chain = chain;
    this.replay = replay;
    this.evm = evm;
    this.data = data;
    this.psi = psi;
  }

  async apply(number: number, applied: AppliedBlock): Promise<AppliedPrivate> {
    const block = this.chain.blocks[number];
    if (block === undefined) throw new Error(`no block ${number}`);
    const { config } = this.chain.genesis;
    const members = config.isMps ? (this.data.groups.get(this.psi) ?? []) : undefined;
    const proofs = new Map<string, Uint8Array | undefined>();
    for (;;) {
      const outcome = await runAsync(
        applyPrivate({
          config,
          evm: this.evm,
          database: this.replay.database,
          blockHash: (at) => this.chain.hashes[at],
          header: block.header,
          author: authorOf(this.chain, block.header),
          psi: this.psi,
          parentRoot: this.root,
          parentExtraRoot: this.extraRoot,
          privateTransactions: applied.privateTransactions,
          resolutions: this.data.resolutions,
          isOwn: members && ((parties) => parties.some((party) => members.includes(party))),
          extensionProofs: proofs,
        }),
      );
      if (outcome.status === 'done') {
        this.replay.source.apply(outcome.result.operations);
        this.root = outcome.result.stateRoot;
        this.extraRoot = outcome.result.extraRoot;
        return outcome.result;
      }
      for (const need of outcome.needs) {
        if (need.type !== 'extension') throw new Error(`private block ${number} needs ${JSON.stringify(need)}`);
        for (const uuid of need.uuids) {
          const key = bytesToBareHex(uuid);
          proofs.set(key, this.data.proof(key, members));
        }
      }
    }
  }
}
