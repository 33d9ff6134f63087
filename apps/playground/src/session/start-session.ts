import { decodeInvitation, type Invitation } from '@isoquorum/network/admission/invitation';
import { serveHost } from '@isoquorum/network/bridge/serve';
import { createBrowserHost } from '@isoquorum/network/libp2p/browser/host';
import { loadBrowserIdentity } from '@isoquorum/network/libp2p/browser/identity';
import { createChainIdentity } from '@isoquorum/network/session/chain-identity';
import { connectParticipant } from '@isoquorum/participant/api-bridge';
import { openGenesis } from '@isoquorum/participant/open-genesis';
import { toProblemView } from '@isoquorum/participant/problems';
import { createClock } from '@isoquorum/platform/browser/clock';
import { createLogger } from '@isoquorum/platform/browser/logger';
import { createRandom } from '@isoquorum/platform/browser/random';
import { IsoquorumError, isIsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual, bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { type Invite, readInvite, tradeTicket } from './fragment.ts';
import { chooseValidators, readNetworkLabels } from './network-labels.ts';
import { loadSession, saveSession } from './session-store.ts';
import { createWindowApi, type WindowApi } from './window-api.ts';
import type { WorkerFailure, WorkerStart } from './worker-messages.ts';

/** Validators that one page connects to: two are watched at least, more in case some go away. */
const validatorsMax = 4;

interface Membership {
  readonly genesisHash: Uint8Array;
  readonly multiaddrs: readonly string[];
  /** Text of an invitation that is still to be redeemed. */
  readonly invitation: string | undefined;
  /** This network admitted this browser before. */
  readonly isMember: boolean;
  readonly fresh: boolean;
}

async function fetchJson(path: string): Promise<unknown> {
  const response = await fetch(path);
  if (!response.ok)
    throw new IsoquorumError('FILE_NOT_SERVED', `${path} is not served here (${response.status}).`, { path }, 'RETRY');
  return response.json();
}

/** Finds out which network this page belongs to: by its address, else by what it remembers. @throws NO_INVITATION and what is wrong with an invitation */
async function findMembership(invite: Invite): Promise<Membership> {
  const stored = await loadSession();
  const remembered: Membership | undefined =
    stored === undefined || !stored.admitted
      ? undefined
      : {
          genesisHash: hexToBytes(stored.genesisHash),
          multiaddrs: stored.multiaddrs,
          invitation: undefined,
          isMember: true,
          fresh: false,
        };
  if (invite.kind === 'none') {
    if (remembered === undefined)
      throw new IsoquorumError('NO_INVITATION', 'This browser has no invitation to a network.', {});
    return remembered;
  }
  if (invite.kind === 'ticket' && remembered !== undefined && (await isServedGenesis(remembered.genesisHash)))
    return remembered;
  const text = invite.kind === 'invitation' ? invite.text : await tradeTicket(invite.ticket);
  const { genesisHash, multiaddrs } = readInvitation(text);
  const isMember = remembered !== undefined && bytesEqual(remembered.genesisHash, genesisHash);
  return { genesisHash, multiaddrs, invitation: text, isMember, fresh: stored === undefined };
}

/** @throws INVITATION_INVALID, INVITATION_SIGNATURE_INVALID */
function readInvitation(text: string): Invitation {
  try {
    return decodeInvitation(text);
  } catch (error) {
    if (isIsoquorumError(error, 'INVITATION_SIGNATURE_INVALID')) throw error;
    throw new IsoquorumError('INVITATION_INVALID', 'The invitation cannot be read.', {}, 'REJECT', { cause: error });
  }
}

async function isServedGenesis(expected: Uint8Array): Promise<boolean> {
  try {
    openGenesis(await fetchJson('/genesis.json'), expected);
    return true;
  } catch (error) {
    if (isIsoquorumError(error, 'GENESIS_MISMATCH')) return false;
    throw error;
  }
}

/** Starts the participant of this browser: host in this window, core in a Worker. Problems go to the view. */
export function startSession(): WindowApi {
  const api = createWindowApi();
  run(api).catch((error: unknown) => {
    const problem = toProblemView(error);
    api.overlay({ phase: 'failed', activity: undefined, problem });
  });
  return api;
}

async function run(api: WindowApi): Promise<void> {
  api.overlay({ phase: 'identity', activity: { step: 'identity', text: 'Loading the keys of this browser' } });
  const identity = await loadBrowserIdentity();
  const invite = readInvite(location.hash);
  const membership = await findMembership(invite);
  const { genesisHash, invitation } = membership;
  // The invitation is a secret: it does not stay in the address bar or the history.
  history.replaceState(null, '', location.pathname + location.search);

  api.overlay({ phase: 'genesis', activity: { step: 'genesis', text: 'Checking the genesis of the network' } });
  const [genesisJson, networkJson, persistent] = await Promise.all([
    fetchJson('/genesis.json'),
    fetchJson('/network.json').catch(() => undefined),
    navigator.storage.persist().catch(() => false),
  ]);
  const { genesis } = openGenesis(genesisJson, genesisHash);
  const labels = readNetworkLabels(networkJson);
  const multiaddrs = chooseValidators(membership.multiaddrs, labels.multiaddrs, validatorsMax);
  await saveSession({ genesisHash: bytesToHex(genesisHash), multiaddrs, admitted: membership.isMember });

  const chainId = genesis.config.chainId ?? 1n;
  /** Off the list: the next invitation, or ticket for one, is to be redeemed. */
  const noteExclusion = (error: Error): void => {
    api.overlay({ phase: 'connecting', activity: undefined, problem: toProblemView(error) });
    saveSession({ genesisHash: bytesToHex(genesisHash), multiaddrs, admitted: false }).catch(() => undefined);
  };
  const host = await createBrowserHost({
    identity,
    chain: createChainIdentity({
      config: genesis.config,
      genesisHash,
      networkId: chainId,
      role: 'browser',
      client: 'Isoquorum/playground',
    }),
    validators: multiaddrs,
    clock: createClock(),
    random: createRandom(),
    logger: createLogger({ level: 'warn' }),
    onDialFailed: (_peerId, error) => {
      if (isIsoquorumError(error, 'NOT_ADMITTED') && host.peers().length === 0) noteExclusion(error);
    },
  });
  host.onPeer(({ type }) => {
    if (type === 'connected') api.overlay(undefined);
  });

  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'isoquorum participant' });
  const failed = (problem: WorkerFailure['problem']): void =>
    api.overlay({ phase: 'failed', activity: undefined, problem });
  worker.addEventListener('message', ({ data }: MessageEvent<WorkerFailure>) => {
    if (data.type === 'failure') failed(data.problem);
  });
  worker.addEventListener('error', (event) => {
    failed({
      code: 'WORKER_FAILED',
      message: event.message || 'The Worker could not be started.',
      advice: 'Reload the page.',
      fields: {},
    });
  });
  const hostChannel = new MessageChannel();
  const apiChannel = new MessageChannel();
  serveHost(host, hostChannel.port1);
  const start: WorkerStart = {
    hostPort: hostChannel.port2,
    apiPort: apiChannel.port2,
    genesisJson,
    genesisHash,
    invitation,
    isMember: membership.isMember,
    multiaddrs,
    labels: { validators: labels.validators, parties: labels.parties },
    persistent,
    fresh: membership.fresh,
  };
  worker.postMessage(start, [hostChannel.port2, apiChannel.port2]);
  const participant = connectParticipant(apiChannel.port1);
  const detach = participant.onView(() => {
    detach();
    api.overlay(undefined);
  });
  api.attach(participant);
}
