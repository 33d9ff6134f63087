import { generateKeyFiles } from '@isoquorum/manager/node/key-files';

/** Makes a manager's key pair as Tessera's files (`path.key`, `path.pub`); returns the public key in base64. */
export async function writeManagerKey(path: string): Promise<string> {
  const { publicKey } = await generateKeyFiles({ path });
  return publicKey;
}
