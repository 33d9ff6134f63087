import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { decodeInvitation } from '@isoquorum/network/admission/invitation';
import { connectHost } from '@isoquorum/network/bridge/connect';
import { loadBrowserIdentity } from '@isoquorum/network/libp2p/browser/identity';
import { serveParticipant } from '@isoquorum/participant/api-bridge';
import { createParticipant } from '@isoquorum/participant/create-participant';
import { toProblemView } from '@isoquorum/participant/problems';
import { createClock } from '@isoquorum/platform/browser/clock';
import { installFastestCrypto } from '@isoquorum/platform/browser/crypto';
import { openIndexedDbStore } from '@isoquorum/platform/browser/indexed-db-store';
import { openBrowserKeyAgreement } from '@isoquorum/platform/browser/key-agreement';
import { createLogger } from '@isoquorum/platform/browser/logger';
import { createRandom } from '@isoquorum/platform/browser/random';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToBareHex, bytesToHex } from '@isoquorum/primitives/hex';
import { openBrowserVault } from './account-vault.ts';
import { saveSession } from './session-store.ts';
import type { WorkerFailure, WorkerStart } from './worker-messages.ts';

/** The participant's core: chain, execution, enclave and stores, away from the window's thread. */
async function begin(start: WorkerStart): Promise<void> {
  const { hostPort, apiPort, genesisHash, multiaddrs } = start;
  const logger = createLogger({ level: 'warn' });
  const [host, identity, keyAgreement, vault, store] = await Promise.all([
    connectHost(hostPort),
    loadBrowserIdentity(),
    openBrowserKeyAgreement(),
    openBrowserVault(),
    openIndexedDbStore(`isoquorum-participant-${bytesToBareHex(genesisHash)}`),
    installFastestCrypto(),
  ]);
  const remember = (admitted: boolean): Promise<void> =>
    saveSession({ genesisHash: bytesToHex(genesisHash), multiaddrs, admitted });
  const { invitation } = start;
  const participant = await createParticipant({
    host,
    store,
    keyAgreement,
    vault,
    logger,
    clock: createClock(),
    random: createRandom(),
    evm: createFastEvm(),
    signer: { type: 'ed25519', publicKey: identity.publicKey, sign: (bytes) => identity.sign(bytes) },
    genesisJson: start.genesisJson,
    genesisHash,
    labels: start.labels,
    persistent: start.persistent,
    fresh: start.fresh,
    ...(invitation === undefined
      ? {}
      : {
          admit: async () => {
            try {
              await host.redeem(decodeInvitation(invitation));
            } catch (error) {
              // The same address opened again: this browser is on the list already.
              if (!start.isMember || !isIsoquorumError(error, 'INVITATION_USED')) throw error;
            }
            await remember(true);
          },
        }),
  });
  serveParticipant(participant, apiPort);
  await participant.start();
}

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;

scope.addEventListener('message', ({ data }: MessageEvent<WorkerStart>) => {
  begin(data).catch((error: unknown) => {
    scope.postMessage({ type: 'failure', problem: toProblemView(error) } satisfies WorkerFailure);
  });
});
