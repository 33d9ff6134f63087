import { bareHexToBytes } from '@isoquorum/primitives/hex';
import { ed25519KeyToPeerId } from '@isoquorum/primitives/node-key';
import { createFileAdmission } from '../libp2p/node/file-admission.ts';
import { silentLogger, testClock } from './chain.ts';

/** Redeems invitations (hexadecimal, from the arguments) one after another and prints the number of each that was granted. */
const [directory = '', firstGuest = '0', ...invitations] = process.argv.slice(2);
const admission = await createFileAdmission({
  directory,
  nodeKey: new Uint8Array(32).fill(7),
  genesisHash: new Uint8Array(32).fill(1),
  clock: testClock,
  logger: silentLogger,
});
for (const [index, invitation] of invitations.entries()) {
  const key = new Uint8Array(32).fill(9);
  new DataView(key.buffer).setUint32(0, Number(firstGuest) + index);
  try {
    await admission.redeem(ed25519KeyToPeerId(key), bareHexToBytes(invitation));
    process.stdout.write(`${index}\n`);
  } catch {
    process.stdout.write(`refused ${index}\n`);
  }
}
await admission.close();
