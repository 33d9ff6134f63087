import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import type { NetworkHost } from '@isoquorum/network/host';
import type { MemoryHost } from '@isoquorum/network/memory/host';
import { createMemoryVault } from '@isoquorum/participant/account/account-vault';
import { createParticipant, type Participant } from '@isoquorum/participant/create-participant';
import type { ParticipantView } from '@isoquorum/participant/participant-view';
import type { ViewPatch } from '@isoquorum/participant/participant-api';
import { createMemoryKeyAgreement, enclavePublicKey } from '@isoquorum/platform/memory/key-agreement';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createSeededRandom } from '@isoquorum/platform/memory/random';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { ed25519KeyToPeerId } from '@isoquorum/primitives/node-key';
import { createEd25519Signer, type StatementSigner } from '@isoquorum/privacy/statement/signer';
import type { SimulatedDisk } from '../core/disk.ts';
import { createFaultyHost } from './faulty-host.ts';
import { simulatedKey } from './node-genesis.ts';
import { createSimulatedClock } from './simulated-clock.ts';
import { createSimulatedStore } from './simulated-store.ts';
import type { Surroundings } from './surroundings.ts';

/** The genesis as pages get it. */
export interface ServedGenesis {
  readonly json: unknown;
  readonly hash: Hash32;
}

/** Who a page of the simulation is. */
export interface PageIdentity {
  readonly index: number;
  readonly peerId: string;
  /** Base64, as in `privateFor`. */
  readonly enclaveKey: string;
  readonly signer: StatementSigner;
}

export function createPageIdentity(index: number): PageIdentity {
  const signer = createEd25519Signer(simulatedKey(`page ${index}`));
  const enclaveKey = bytesToBase64(enclavePublicKey(simulatedKey(`page enclave ${index}`)));
  return { index, signer, peerId: ed25519KeyToPeerId(signer.publicKey), enclaveKey };
}

/** A light participant: a page that may be open or closed; its disk and its keys stay. */
export class PageSlot {
  readonly identity: PageIdentity;
  readonly disk: SimulatedDisk;
  participant: Participant | undefined;
  isUp = false;
  life = 0;
  private host: MemoryHost | undefined;
  private readonly vault = createMemoryVault();

  constructor(identity: PageIdentity, disk: SimulatedDisk) {
    this.identity = identity;
    this.disk = disk;
  }

  /** The highest block up to which both the chain is checked and the private state is there; 0 while it is closed. */
  get head(): number {
    const view: ParticipantView | undefined = this.participant?.view();
    return view === undefined ? 0 : Math.min(view.head.number, view.privateHead?.number ?? 0);
  }

  /** Opens the page with what is on its disk. @throws what `createParticipant` throws */
  async open(
    surroundings: Surroundings,
    genesis: ServedGenesis,
    sent: (to: string, protocol: string, frame: Uint8Array) => void,
    onView: (patch: ViewPatch) => void,
  ): Promise<void> {
    const { index, peerId, signer } = this.identity;
    const { timeline, network, weather, peers, nodeIds, seed } = surroundings;
    this.isUp = true;
    const life = ++this.life;
    const isAlive = (): boolean => this.life === life;
    const name = `${seed} page ${index} ${life}`;
    const host = network.createHost({
      peerId,
      chain: surroundings.identity('browser', `page${index}`),
      identify: (id) => peers.get(id),
      staticPeers: nodeIds,
      random: createSeededRandom(`${name} host`),
    });
    this.host = host;
    const faulty: NetworkHost = createFaultyHost(host, {
      isAlive,
      after: (delayMs, run) => timeline.after(delayMs, () => isAlive() && run()),
      detours: () => weather.detours(surroundings.elapsedMs()),
      outgoing: () => false,
      sent,
      incoming: () => undefined,
    });
    const participant = await createParticipant({
      host: { ...faulty, peerId, dialPage: (id) => faulty.dial(network.multiaddr(id)) },
      store: createSimulatedStore(this.disk, isAlive),
      clock: createSimulatedClock(timeline, 0, isAlive),
      vault: this.vault,
      logger: silentLogger,
      genesisJson: genesis.json,
      genesisHash: genesis.hash,
      signer,
      random: createSeededRandom(name),
      evm: createFastEvm(),
      keyAgreement: createMemoryKeyAgreement([simulatedKey(`page enclave ${index}`)]),
      persistent: true,
      fresh: life === 1,
    });
    if (!isAlive()) return;
    this.participant = participant;
    participant.onView((patch) => {
      if (isAlive()) onView(patch);
    });
    await participant.start();
  }

  /** The page is gone at once; what it still asks for is never answered. */
  crash(): void {
    const { participant, host } = this;
    this.isUp = false;
    this.participant = undefined;
    this.host = undefined;
    this.life++;
    void host?.stop().catch(() => undefined);
    void participant?.stop().catch(() => undefined);
  }
}
